import {
  type Mailbox,
  OUTPUT_RING_BYTES,
  RING_EVENT,
  RING_HEAD,
  RING_TAIL,
  RING_WAITING,
} from "./mailbox.js";

const MASK = OUTPUT_RING_BYTES - 1;

/** App side of a worker's stdout or stderr ring. */
export class RingReader {
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #ring: Uint8Array<SharedArrayBuffer>;
  readonly #control: number;
  #tail = 0;

  constructor(mailbox: Mailbox, ring: Uint8Array<SharedArrayBuffer>, control: number) {
    this.#words = mailbox.words;
    this.#ring = ring;
    this.#control = control;
  }

  /** The ring position up to which the worker has written now. */
  head(): number {
    return Atomics.load(this.#words, this.#control + RING_HEAD);
  }

  /** Bytes up to `end`, a ring position; by default up to what is written now. */
  available(end = this.head()): number {
    return (end - this.#tail) >>> 0;
  }

  /** Copies `count` available bytes out; `release` must follow. */
  take(count: number): Buffer {
    const bytes = Buffer.allocUnsafe(count);
    const at = this.#tail & MASK;
    const first = Math.min(count, OUTPUT_RING_BYTES - at);
    bytes.set(this.#ring.subarray(at, at + first));
    if (first < count) bytes.set(this.#ring.subarray(0, count - first), first);
    this.#tail = (this.#tail + count) >>> 0;
    return bytes;
  }

  drop(count: number): void {
    this.#tail = (this.#tail + count) >>> 0;
  }

  /** Gives the room of what was taken or dropped back to the writer. */
  release(): void {
    Atomics.store(this.#words, this.#control + RING_TAIL, this.#tail | 0);
    if (Atomics.load(this.#words, this.#control + RING_WAITING) !== 0) this.wakeWriter();
  }

  wakeWriter(): void {
    Atomics.add(this.#words, this.#control + RING_EVENT, 1);
    Atomics.notify(this.#words, this.#control + RING_EVENT);
  }
}
