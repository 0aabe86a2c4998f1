import { throwLater } from "../base/throw-later.js";
import type { HostCallListener } from "./host-call.js";
import {
  recordWords,
  TRACE_EVENT,
  TRACE_HEAD,
  TRACE_PENDING,
  TRACE_TAIL,
  TRACE_WAITING,
  TRACED_FUNCTIONS,
  TraceRing,
} from "./trace-ring.js";

/** App side of a trace. */
export class TraceReader {
  readonly #ring = new TraceRing();
  readonly #listener: HostCallListener;
  #tail = 0;
  #finished = false;

  constructor(listener: HostCallListener) {
    this.#listener = listener;
  }

  /** What the worker writes to. */
  get buffer(): SharedArrayBuffer {
    return this.#ring.buffer;
  }

  /** Tells of the calls that are whole by now. The listener may come back here: each is told once. */
  drain(): void {
    const { control } = this.#ring;
    const end = Atomics.load(control, TRACE_HEAD) >>> 0;
    while (this.#tail !== end && (end - this.#tail) >>> 0 < 2 ** 31) this.#tell();
    if (Atomics.load(control, TRACE_WAITING) === 0) return;
    Atomics.add(control, TRACE_EVENT, 1);
    Atomics.notify(control, TRACE_EVENT);
  }

  /** The process is over: tells of all that is left, also of the call in the midst of which it ended. */
  finish(): void {
    if (this.#finished) return;
    this.drain();
    this.#finished = true;
    const { control } = this.#ring;
    const pending = Atomics.load(control, TRACE_PENDING);
    if (pending === Atomics.load(control, TRACE_HEAD) && pending === (this.#tail | 0)) this.#tell();
  }

  /** Tells of the record at the tail, and gives its room back. */
  #tell(): void {
    const ring = this.#ring;
    const { control } = ring;
    const from = this.#tail;
    const called = TRACED_FUNCTIONS[ring.at(from)];
    if (called === undefined) throw new Error("the trace of a process is damaged");
    const result = ring.at(from + 1) === 1 ? ring.at(from + 2) : undefined;
    const args: (number | bigint)[] = [];
    let at = from + 3;
    for (const type of called.params) {
      const low = ring.at(at++) >>> 0;
      args.push(type === "i32" ? low : (BigInt(ring.at(at++)) << 32n) | BigInt(low));
    }
    this.#tail = (from + recordWords(called)) >>> 0;
    Atomics.store(control, TRACE_TAIL, this.#tail | 0);
    try {
      this.#listener({ name: called.name, args, result });
    } catch (error) {
      throwLater(error);
    }
  }
}
