/**
 * The memory in which the trace of one process goes from its worker to the app. All in Int32:
 *
 *     words 0..63   control words, below, a cache line for each side
 *     records       TRACE_WORDS of them, used as a ring; a record may go on at its beginning
 *
 * One record:
 *
 *     function      its number in TRACED_FUNCTIONS
 *     returned      1: the result is one; 0: the call has thrown, or not returned
 *     result
 *     arguments     1 word for an i32, 2 for an i64, the lower first
 *
 * Positions are counts of words modulo 2^32.
 */
import {
  httpModuleFunctions,
  preview1Functions,
  type ValueType,
} from "../wasi/preview1/function-types.js";

/** 256 KiB, some 9,000 calls: a reader that is one turn of the event loop late does not slow the program. */
export const TRACE_WORDS = 65_536;
const CONTROL_WORDS = 64;

/** Words that are written by the worker: up to where there are whole records, */
export const TRACE_HEAD = 0;
/** and where the record of a call begins that has not returned, while that is at the head. */
export const TRACE_PENDING = 1;
/** 1 while the worker waits for room. */
export const TRACE_WAITING = 2;
/** Words that are written by the app: up to where it has read, */
export const TRACE_TAIL = 32;
/** and +1 each time that a waiting worker must look; the worker waits here. */
export const TRACE_EVENT = 33;

export interface TracedFunction {
  readonly name: string;
  readonly params: readonly ValueType[];
}

/** By number. */
export const TRACED_FUNCTIONS: readonly TracedFunction[] = Array.from(
  [...preview1Functions, ...httpModuleFunctions],
  ([name, { params }]) => ({ name, params }),
);

const RECORD_HEAD_WORDS = 3;

export function recordWords({ params }: TracedFunction): number {
  let words = RECORD_HEAD_WORDS;
  for (const type of params) words += type === "i64" ? 2 : 1;
  return words;
}

/** Both sides' views of the memory. */
export class TraceRing {
  readonly buffer: SharedArrayBuffer;
  readonly control: Int32Array<SharedArrayBuffer>;
  readonly records: Int32Array<SharedArrayBuffer>;

  constructor(buffer = new SharedArrayBuffer((CONTROL_WORDS + TRACE_WORDS) * 4)) {
    this.buffer = buffer;
    this.control = new Int32Array(buffer, 0, CONTROL_WORDS);
    this.records = new Int32Array(buffer, CONTROL_WORDS * 4);
    // No position is a record's before there is one.
    if (this.control[TRACE_HEAD] === 0) this.control[TRACE_PENDING] = -1;
  }

  /** The word at a position. */
  at(position: number): number {
    return this.records[position & (TRACE_WORDS - 1)] ?? 0;
  }

  put(position: number, word: number): void {
    this.records[position & (TRACE_WORDS - 1)] = word;
  }
}
