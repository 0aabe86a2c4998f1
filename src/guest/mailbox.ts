/**
 * The shared memory between the app's thread and one worker: orders, results and the three streams.
 *
 *     words 0..63     control words, below
 *     slots           SLOT_COUNT orders, taken first in, first out; a result goes where its order was
     denials         how often the guest that runs was refused what, below
 *     stdout ring, stderr ring, stdin ring
 *
 * One slot:
 *
 *     words 0..47     SLOT_* below; 20 to 39 are Float64
 *     payload         the order as JSON in UTF-8, then inline stdin; after the run the exit's detail
 *
 * Ring positions are absolute byte counts modulo 2^32, so that the next guest may write behind the
 * last one's output before the app has drained that.
 */
import type { LimitName } from "./guest-spec.js";

/** Orders that may wait at one worker: enough to keep it busy while the app's thread is elsewhere. */
export const SLOT_COUNT = 8;
/** Different denials of one guest that are told apart: more than a person reads, little enough to keep. */
export const MAX_DENIALS = 64;
/** A slot in bytes: the orders seen in practice take 300 to 1,500 bytes; larger ones go by message. */
const SLOT_BYTES = 8192;
const SLOT_WORDS = SLOT_BYTES / 4;
const PAYLOAD_WORDS = 48;
/** Bytes of a slot's payload, and of an exit's detail. */
export const PAYLOAD_BYTES = SLOT_BYTES - PAYLOAD_WORDS * 4;
const CONTROL_WORDS = 128;

/** Bytes of the stdout and the stderr ring, a power of two: four writes of 64 KiB. */
export const OUTPUT_RING_BYTES = 256 * 1024;
/** Bytes of the stdin ring, a power of two. */
export const INPUT_RING_BYTES = 64 * 1024;

/** The worker waits here for orders and messages; +1 with each. */
export const WAKE = 0;
/** 1 while the worker is parked in `Atomics.wait`, so that only then it must be notified. */
export const PARKED = 1;
/** 1 once the worker has loaded its modules. */
export const LOADED = 3;
/** Never changes; sleeping guests wait here. */
export const SLEEP = 2;
/** Number of the worker's thread as the kernel of the machine has it; 0 where it is not known. */
export const THREAD_ID = 4;
/** Control words of the rings, a cache line each: the writer's position, the reader's position, and
 * whether the guest waits for the other side. */
export const STDOUT_RING = 16;
export const STDERR_RING = 48;
export const STDIN_RING = 80;
export const RING_HEAD = 0;
export const RING_TAIL = 16;
export const RING_WAITING = 17;
/** +1 by the app with each change that a waiting guest must see; the guest waits here. */
export const RING_EVENT = 18;
/** Stdin only: 1 when no more bytes will come, 2 when it was taken back. */
export const RING_ENDED = 1;
export const INPUT_REVOKED = 2;

export const SLOT_STATE = 0;
/** Length of the order's JSON in bytes, or ORDER_BY_MESSAGE. */
export const SLOT_ORDER_LENGTH = 1;
/** Length of the inline stdin behind it, or STDIN_BY_RING. */
export const SLOT_STDIN_LENGTH = 2;
export const SLOT_ORDER_ID = 3;
export const SLOT_MODULE = 4;
/** Per output (stdout + 0, stderr + 1): when a write rings the doorbell, INTEREST_* below. */
export const SLOT_INTEREST = 5;
/** Per output: 1 when nobody can read it any more, 2 when it was taken back. */
export const SLOT_CLOSED = 7;
export const OUTPUT_REVOKED = 2;
/** Per output: bytes that are kept, the rest is dropped by the worker; -1: all. */
export const SLOT_CAPTURE = 9;
/** 1 once the program has asked to exit, and its code. */
export const SLOT_EXITING = 11;
export const SLOT_CODE = 12;
export const SLOT_REASON = 13;
export const SLOT_DETAIL_LENGTH = 14;
/** Per output: the ring's position where the guest's output ends. */
export const SLOT_OUTPUT_END = 15;
/** Per output: 1 when the worker dropped bytes. */
export const SLOT_TRUNCATED = 17;
/** Index into LIMIT_NAMES of the limit that ended the guest, plus 1; 0: none did. */
export const SLOT_LIMIT = 19;
/** 1 once the worker has posted a message about calls that it refused the guest. */
export const SLOT_DENIED = 41;
/** 1: the order's calls are traced, through a ring that came by message. */
export const SLOT_TRACED = 40;
/** 1 while a process that serves calls or requests has none to serve: no time counts. */
export const SLOT_IDLE = 42;
/** Indices into the Float64 view of a slot. */
export const FLOAT_STARTED = 10;
export const FLOAT_ENDED = 11;
/** What the guest has used, kept up to date while it runs: nobody else can tell once its thread is ended. */
export const FLOAT_MEMORY = 12;
export const FLOAT_READ = 13;
export const FLOAT_WRITTEN = 14;
export const FLOAT_CALLS = 15;
/** How long it was parked, in ms, and since when it is; 0 when it is not. */
export const FLOAT_PARKED = 16;
export const FLOAT_PARKED_SINCE = 17;
/**
 * Processor time of the thread when the guest began and when it ended, in ms; 0 where it was not asked for, the
 * second also of a guest too short to be counted.
 */
export const FLOAT_CPU_STARTED = 18;
export const FLOAT_CPU_ENDED = 19;

export const STATE_EMPTY = 0;
/** Set by the app; either side takes it from here with a compare-exchange. */
export const STATE_QUEUED = 1;
export const STATE_RUNNING = 2;
export const STATE_DONE = 3;
/** The app gave the order up; the worker passes over it. */
export const STATE_CANCELLED = 4;
/** The app ends the guest; the worker will be terminated and must report nothing. */
export const STATE_KILLED = 5;

export const ORDER_BY_MESSAGE = -1;
export const STDIN_BY_RING = -1;

/** Nobody has asked for the output yet: it stays in the ring. */
export const INTEREST_NONE = 0;
/** Collected until the exit: ring when half of the ring is full. */
export const INTEREST_HALF = 1;
/** Streamed: ring with each write. */
export const INTEREST_EACH = 2;

/** How a run ended, as SLOT_REASON has it. */
export const REASON_EXITED = 0;
export const REASON_TRAPPED = 1;
export const REASON_LIMIT = 2;
/** The process could not be set up; the detail is an error of ours, packed. */
export const REASON_REFUSED = 4;
/** A fault of ours; the detail says which. */
export const REASON_FAILED = 3;

/** Limits in the order in which SLOT_LIMIT counts them. */
export const LIMIT_NAMES: readonly LimitName[] = [
  "timeoutMs",
  "cpuMs",
  "memoryBytes",
  "stack",
  "heap",
];

const SLOTS_AT = CONTROL_WORDS * 4;
const DENIALS_AT = SLOTS_AT + SLOT_COUNT * SLOT_BYTES;
/** Of the denials' Float64, which begin with the guest's id, how many differ, and how many others there were. */
const DENIALS_HEAD = 3;
/** A multiple of a cache line. */
const DENIALS_BYTES = Math.ceil((DENIALS_HEAD + MAX_DENIALS) / 8) * 64;
/** Indices into the Float64 of the mailbox: a guest may be refused more often than an Int32 counts. */
export const DENIALS_GUEST = DENIALS_AT / 8;
export const DENIALS_DISTINCT = DENIALS_GUEST + 1;
export const DENIALS_OTHER = DENIALS_GUEST + 2;
export const DENIALS_COUNTS = DENIALS_GUEST + DENIALS_HEAD;
const STDOUT_AT = DENIALS_AT + DENIALS_BYTES;
const STDERR_AT = STDOUT_AT + OUTPUT_RING_BYTES;
const STDIN_AT = STDERR_AT + OUTPUT_RING_BYTES;
const MAILBOX_BYTES = STDIN_AT + INPUT_RING_BYTES;

/** Typed views of one mailbox, the same on both sides. */
export class Mailbox {
  readonly buffer: SharedArrayBuffer;
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly floats: Float64Array<SharedArrayBuffer>;
  /** Payloads of the slots. */
  readonly payloads: readonly Buffer[];
  readonly stdout: Uint8Array<SharedArrayBuffer>;
  readonly stderr: Uint8Array<SharedArrayBuffer>;
  readonly stdin: Uint8Array<SharedArrayBuffer>;

  constructor(buffer = new SharedArrayBuffer(MAILBOX_BYTES)) {
    this.buffer = buffer;
    this.words = new Int32Array(buffer, 0, STDOUT_AT / 4);
    this.floats = new Float64Array(buffer, 0, STDOUT_AT / 8);
    this.payloads = Array.from({ length: SLOT_COUNT }, (_, slot) =>
      Buffer.from(buffer, SLOTS_AT + slot * SLOT_BYTES + PAYLOAD_WORDS * 4, PAYLOAD_BYTES),
    );
    this.stdout = new Uint8Array(buffer, STDOUT_AT, OUTPUT_RING_BYTES);
    this.stderr = new Uint8Array(buffer, STDERR_AT, OUTPUT_RING_BYTES);
    this.stdin = new Uint8Array(buffer, STDIN_AT, INPUT_RING_BYTES);
  }
}

/** Index of a slot's word 0 in `words`; its Float64 are at half of that in `floats`. */
export function slotWord(slot: number): number {
  return CONTROL_WORDS + slot * SLOT_WORDS;
}
