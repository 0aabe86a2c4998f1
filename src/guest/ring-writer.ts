import { EBADF, EPIPE, type Errno } from "../fs/errno.js";
import type { OutputStream } from "../wasi/stdio.js";
import { type Bell, ringBell } from "./doorbell.js";
import type { SlotUsage } from "./slot-usage.js";
import {
  INTEREST_EACH,
  INTEREST_HALF,
  OUTPUT_REVOKED,
  OUTPUT_RING_BYTES,
  RING_EVENT,
  RING_HEAD,
  RING_TAIL,
  RING_WAITING,
  SLOT_CAPTURE,
  SLOT_CLOSED,
  SLOT_INTEREST,
  SLOT_OUTPUT_END,
  SLOT_TRUNCATED,
} from "./mailbox.js";

const MASK = OUTPUT_RING_BYTES - 1;
/** Looks at the reader's position before the worker parks: some 10 µs, less than parking costs. */
const SPINS_BEFORE_WAIT = 200;

/** What a ring of a worker needs of it. */
export interface RingHost {
  readonly bell: Bell;
  readonly usage: SlotUsage;
}

/** Worker side of stdout or stderr: waits for room, so that a slow reader slows the guest down. */
export class RingWriter implements OutputStream {
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #ring: Uint8Array<SharedArrayBuffer>;
  readonly #control: number;
  readonly #output: number;
  readonly #bell: Bell;
  readonly #usage: SlotUsage;
  #head = 0;
  #slot = 0;
  /** Bytes that are still kept; Infinity when nothing is dropped. */
  #keep = Infinity;
  #truncated = 0;

  /** `output`: 0 for stdout, 1 for stderr. */
  constructor(
    words: Int32Array<SharedArrayBuffer>,
    ring: Uint8Array<SharedArrayBuffer>,
    control: number,
    output: number,
    { bell, usage }: RingHost,
  ) {
    this.#words = words;
    this.#ring = ring;
    this.#control = control;
    this.#output = output;
    this.#bell = bell;
    this.#usage = usage;
  }

  begin(slot: number): void {
    this.#slot = slot;
    const capture = Atomics.load(this.#words, slot + SLOT_CAPTURE + this.#output);
    this.#keep = capture < 0 ? Infinity : capture;
    this.#truncated = 0;
    this.#words[slot + SLOT_TRUNCATED + this.#output] = 0;
  }

  end(): void {
    Atomics.store(this.#words, this.#slot + SLOT_OUTPUT_END + this.#output, this.#head | 0);
  }

  write(src: Uint8Array, offset: number, length: number): number {
    const words = this.#words;
    const closed = this.#slot + SLOT_CLOSED + this.#output;
    if (Atomics.load(words, closed) !== 0) return this.#gone(closed);
    let left = length;
    if (left > this.#keep) {
      left = this.#keep;
      this.#cut();
    }
    this.#keep -= left;
    let from = offset;
    while (left > 0) {
      const tail = Atomics.load(words, this.#control + RING_TAIL);
      const used = (this.#head - tail) >>> 0;
      const count = Math.min(left, OUTPUT_RING_BYTES - used);
      if (count === 0) {
        if (!this.#waitForRoom(tail)) return this.#gone(closed);
        continue;
      }
      this.#copy(src, from, count);
      from += count;
      left -= count;
      const interest = Atomics.load(words, this.#slot + SLOT_INTEREST + this.#output);
      if (
        interest === INTEREST_EACH ||
        (interest === INTEREST_HALF && used + count >= OUTPUT_RING_BYTES / 2)
      ) {
        ringBell(this.#bell);
      }
    }
    return length;
  }

  /** At once, for a guest that is ended from outside has no end of its own. */
  #cut(): void {
    if (this.#truncated === 1) return;
    this.#truncated = 1;
    Atomics.store(this.#words, this.#slot + SLOT_TRUNCATED + this.#output, 1);
  }

  #copy(src: Uint8Array, from: number, count: number): void {
    const at = this.#head & MASK;
    const first = Math.min(count, OUTPUT_RING_BYTES - at);
    if (count <= SMALL_COPY_BYTES && first === count) {
      for (let i = 0; i < count; i++) this.#ring[at + i] = src[from + i];
    } else {
      this.#ring.set(src.subarray(from, from + first), at);
      if (first < count) this.#ring.set(src.subarray(from + first, from + count), 0);
    }
    this.#head = (this.#head + count) >>> 0;
    Atomics.store(this.#words, this.#control + RING_HEAD, this.#head | 0);
  }

  /** The reader has gone, or the app has taken the stream back. */
  #gone(closed: number): Errno {
    return Atomics.load(this.#words, closed) === OUTPUT_REVOKED ? -EBADF : -EPIPE;
  }

  /** False when the reader has gone. */
  #waitForRoom(tail: number): boolean {
    const words = this.#words;
    const closed = this.#slot + SLOT_CLOSED + this.#output;
    const at = this.#control + RING_TAIL;
    ringBell(this.#bell);
    for (let spin = 0; spin < SPINS_BEFORE_WAIT; spin++) {
      if (Atomics.load(words, at) !== tail) return true;
    }
    const event = Atomics.load(words, this.#control + RING_EVENT);
    Atomics.store(words, this.#control + RING_WAITING, 1);
    if (Atomics.load(words, closed) === 0 && Atomics.load(words, at) === tail) {
      this.#usage.park(this.#control + RING_EVENT, event, Infinity);
    }
    Atomics.store(words, this.#control + RING_WAITING, 0);
    return Atomics.load(words, closed) === 0;
  }
}

/** Up to here a loop beats making two views. */
const SMALL_COPY_BYTES = 96;
