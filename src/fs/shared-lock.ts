/**
 * A lock in a word of a SharedArrayBuffer, between workers: 0 is free, else the holder's ticket, which
 * is even, or that ticket + 1 while somebody waits. What is done under it must be short. A worker that
 * was killed while it held one never gives it back: {@link unlockAllOf} does once it is gone, and after
 * {@link STALE_MS} it is taken from it anyway.
 */
import { threadId } from "node:worker_threads";

/** Far longer than anything is done under a lock, unless the disk itself stands still. */
const STALE_MS = 1000;
/** How long to wait before the holder is looked at again, in ms. */
const LOOK_MS = 50;
/** Most holders are gone before a wait for them has begun. */
const SPINS = 50;

type Words = Int32Array<SharedArrayBuffer>;

/** Below them is what tells a thread's tickets apart. */
const OWNER_SHIFT = 17;
const OWN = ownerOf(threadId) << OWNER_SHIFT;
let taken = 0;

function ownerOf(thread: number): number {
  return (thread & 0x1fff) + 1;
}

/** Takes the lock, as soon as it can; the ticket is for {@link unlock}. */
export function lock(words: Words, word: number): number {
  taken = (taken + 1) & 0xffff;
  const ticket = OWN | (taken << 1);
  if (Atomics.compareExchange(words, word, 0, ticket) === 0) return ticket;
  return lockBusy(words, word, ticket);
}

function lockBusy(words: Words, word: number, ticket: number): number {
  for (let spin = 0; spin < SPINS; spin++)
    if (Atomics.compareExchange(words, word, 0, ticket) === 0) return ticket;
  let seen = 0;
  let since = 0;
  for (;;) {
    let holder = Atomics.compareExchange(words, word, 0, ticket);
    if (holder === 0) return ticket;
    const now = performance.now();
    if ((holder & ~1) !== seen) {
      seen = holder & ~1;
      since = now;
    } else if (now - since > STALE_MS) {
      if (Atomics.compareExchange(words, word, holder, ticket | 1) === holder) return ticket;
      continue;
    }
    if ((holder & 1) === 0) {
      if (Atomics.compareExchange(words, word, holder, holder | 1) !== holder) continue;
      holder |= 1;
    }
    Atomics.wait(words, word, holder, LOOK_MS);
  }
}

export function unlock(words: Words, word: number, ticket: number): void {
  if (Atomics.compareExchange(words, word, ticket, 0) === ticket) return;
  // Somebody waits; or it took too long, and the lock is another's by now.
  if (Atomics.compareExchange(words, word, ticket | 1, 0) === (ticket | 1))
    Atomics.notify(words, word);
}

/** Frees what a thread that is gone still holds of the locks in `[first, end)`: nobody waits for it to be stale. */
export function unlockAllOf(thread: number, words: Words, first: number, end: number): void {
  const owner = ownerOf(thread);
  for (let word = first; word < end; word++) {
    for (;;) {
      const holder = Atomics.load(words, word);
      if (holder >>> OWNER_SHIFT !== owner) break;
      if (Atomics.compareExchange(words, word, holder, 0) !== holder) continue; // somebody waits now
      Atomics.notify(words, word);
    }
  }
}
