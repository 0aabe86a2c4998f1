import type { InputStream } from "../wasi/stdio.js";
import { type Bell, ringBell } from "./doorbell.js";
import type { RingHost } from "./ring-writer.js";
import type { SlotUsage } from "./slot-usage.js";
import { EBADF } from "../fs/errno.js";
import {
  INPUT_REVOKED,
  INPUT_RING_BYTES,
  type Mailbox,
  RING_ENDED,
  RING_EVENT,
  RING_HEAD,
  RING_TAIL,
  RING_WAITING,
  STDIN_RING,
} from "./mailbox.js";

const HEAD = STDIN_RING + RING_HEAD;
const TAIL = STDIN_RING + RING_TAIL;
const ENDED = STDIN_RING + RING_ENDED;
/** Here it is the app that waits: it has more bytes than there was room for. */
const WAITING = STDIN_RING + RING_WAITING;
const EVENT = STDIN_RING + RING_EVENT;
const MASK = INPUT_RING_BYTES - 1;

/** Stdin that came with the order. */
export class InlineStdin implements InputStream {
  #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  read(dst: Uint8Array, offset: number, length: number): number {
    const count = Math.min(length, this.#bytes.length - this.#at);
    if (count > 0) dst.set(this.#bytes.subarray(this.#at, this.#at + count), offset);
    this.#at += count;
    return count;
  }

  available(): number {
    return this.#bytes.length - this.#at;
  }

  ended(): boolean {
    return this.available() === 0;
  }

  wait(): boolean {
    return true;
  }
}

export const EMPTY_STDIN = new InlineStdin(new Uint8Array(0));

/** Worker side of a streamed stdin. */
export class RingStdin implements InputStream {
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #ring: Uint8Array<SharedArrayBuffer>;
  readonly #bell: Bell;
  readonly #usage: SlotUsage;

  constructor(mailbox: Mailbox, { bell, usage }: RingHost) {
    this.#words = mailbox.words;
    this.#ring = mailbox.stdin;
    this.#bell = bell;
    this.#usage = usage;
  }

  read(dst: Uint8Array, offset: number, length: number): number {
    if (length === 0) return 0;
    this.wait(Infinity);
    if (Atomics.load(this.#words, ENDED) === INPUT_REVOKED) return -EBADF;
    const tail = Atomics.load(this.#words, TAIL);
    const count = Math.min(length, (Atomics.load(this.#words, HEAD) - tail) >>> 0);
    const at = tail & MASK;
    const first = Math.min(count, INPUT_RING_BYTES - at);
    dst.set(this.#ring.subarray(at, at + first), offset);
    if (first < count) dst.set(this.#ring.subarray(0, count - first), offset + first);
    Atomics.store(this.#words, TAIL, (tail + count) | 0);
    // The app has more: half a ring at a time, so that it is not woken for each small read.
    if (Atomics.load(this.#words, WAITING) !== 0 && this.available() <= INPUT_RING_BYTES / 2) {
      ringBell(this.#bell);
    }
    return count;
  }

  available(): number {
    return (Atomics.load(this.#words, HEAD) - Atomics.load(this.#words, TAIL)) >>> 0;
  }

  ended(): boolean {
    // In this order: bytes written before the end are seen.
    const ended = Atomics.load(this.#words, ENDED);
    return ended === INPUT_REVOKED || (ended !== 0 && this.available() === 0);
  }

  wait(timeoutMs: number): boolean {
    const until = timeoutMs === Infinity ? Infinity : performance.now() + timeoutMs;
    for (;;) {
      const event = Atomics.load(this.#words, EVENT);
      if (this.available() > 0 || Atomics.load(this.#words, ENDED) !== 0) return true;
      if (Atomics.load(this.#words, WAITING) !== 0) ringBell(this.#bell);
      const left = until === Infinity ? Infinity : until - performance.now();
      if (left <= 0) return false;
      this.#usage.park(EVENT, event, left);
    }
  }
}
