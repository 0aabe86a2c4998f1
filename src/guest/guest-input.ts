import { Writable } from "node:stream";
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
const WAITING = STDIN_RING + RING_WAITING;
const ENDED = STDIN_RING + RING_ENDED;
const EVENT = STDIN_RING + RING_EVENT;
const MASK = INPUT_RING_BYTES - 1;

/**
 * A guest's stdin, in the app's thread: `end()` gives the guest the end of the file. What is written
 * after the guest has ended is dropped without an error, as nobody is there to miss it.
 */
export class GuestInput extends Writable {
  #mailbox: Mailbox | undefined;
  #pending: Uint8Array | undefined;
  #done: (() => void) | undefined;
  #finishing = false;
  #over = false;

  constructor() {
    super({ highWaterMark: INPUT_RING_BYTES, decodeStrings: true });
  }

  /** @internal */
  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    if (this.#over) return done();
    this.#pending = chunk;
    this.#done = done;
    this.feed();
  }

  /** @internal */
  override _final(done: () => void): void {
    this.#finishing = true;
    this.feed();
    done();
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#finishing = true;
    this.#pending = undefined;
    this.feed();
    callback(error);
  }

  /** @internal The guest is about to run on the worker of this mailbox, which runs nothing else. */
  attach(mailbox: Mailbox): void {
    const { words } = mailbox;
    for (const word of [HEAD, TAIL, WAITING, ENDED]) Atomics.store(words, word, 0);
    this.#mailbox = mailbox;
    this.feed();
  }

  /** @internal Moves what is pending into the ring, as far as there is room. */
  feed(): void {
    const mailbox = this.#mailbox;
    if (mailbox === undefined) return;
    const { words } = mailbox;
    let moved = false;
    while (this.#pending !== undefined) {
      const head = Atomics.load(words, HEAD);
      const room = INPUT_RING_BYTES - ((head - Atomics.load(words, TAIL)) >>> 0);
      if (room === 0) {
        if (Atomics.exchange(words, WAITING, 1) === 1) break;
        continue; // the guest may have read between the two
      }
      const count = Math.min(room, this.#pending.length);
      copyIn(mailbox.stdin, head & MASK, this.#pending.subarray(0, count));
      Atomics.store(words, HEAD, (head + count) | 0);
      moved = true;
      this.#pending = count < this.#pending.length ? this.#pending.subarray(count) : undefined;
    }
    const done = this.#done;
    if (this.#pending === undefined) {
      Atomics.store(words, WAITING, 0);
      this.#done = undefined;
      if (this.#finishing) {
        Atomics.store(words, ENDED, 1);
        moved = true;
      }
    }
    if (moved) {
      Atomics.add(words, EVENT, 1);
      Atomics.notify(words, EVENT);
    }
    if (this.#pending === undefined) done?.();
  }

  /** @internal Takes it back from the guest, which is woken if it waits; what the app writes is dropped. */
  revoke(): void {
    const words = this.#mailbox?.words;
    this.finish();
    if (words === undefined) return;
    Atomics.store(words, ENDED, INPUT_REVOKED);
    Atomics.add(words, EVENT, 1);
    Atomics.notify(words, EVENT);
  }

  /** @internal The guest is over. */
  finish(): void {
    this.#over = true;
    this.#mailbox = undefined;
    this.#pending = undefined;
    const done = this.#done;
    this.#done = undefined;
    done?.();
  }
}

function copyIn(ring: Uint8Array, at: number, bytes: Uint8Array): void {
  const first = Math.min(bytes.length, INPUT_RING_BYTES - at);
  ring.set(bytes.subarray(0, first), at);
  if (first < bytes.length) ring.set(bytes.subarray(first), 0);
}
