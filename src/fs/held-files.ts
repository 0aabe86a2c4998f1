/**
 * Which files of quotas every thread has open, in shared words, so that a file's bytes are given back
 * when nobody holds it any more and not when its name goes. A row for each thread that opens any:
 *
 *     Int32 0: owner   the thread's id + 1; 0 = free
 *     Int32 1: used    entries that may be in use
 *     Int32 2: more    files that found no place in the row
 *     then entries of three words: the quota's record + 1 (0 = free), the inode's lower and upper half
 *
 * A row is written by its thread alone. Whoever asks for a record's files holds the lock of their names,
 * and so does whoever adds or removes one.
 */

/** Rows: as many as an engine may have workers. */
const ROWS = 1024;
/** As many as a process may have open by default; with more, a file's bytes are given back late. */
const ROW_ENTRIES = 1024;
const ENTRY_WORDS = 3;
const HEAD_WORDS = 3;
const ROW_WORDS = HEAD_WORDS + ROW_ENTRIES * ENTRY_WORDS;
/** 13 MB of address space; what no thread has used takes no memory. */
export const HELD_FILES_WORDS = ROWS * ROW_WORDS;

type Words = Int32Array<SharedArrayBuffer>;

/** The files that this thread holds, and a look at those of all. */
export class HeldFiles {
  readonly #words: Words;
  readonly #first: number;
  readonly #row: number;
  readonly #free: number[] = [];

  /** @param first - where the rows begin. */
  constructor(words: Words, first: number, thread: number) {
    this.#words = words;
    this.#first = first;
    this.#row = claimRow(words, first, thread + 1);
  }

  /** The place of the entry, for {@link remove}; -1 if there is none. */
  add(record: number, inode: bigint): number {
    const words = this.#words;
    if (this.#row < 0) return -1;
    let entry = this.#free.pop();
    if (entry === undefined) {
      entry = Atomics.load(words, this.#row + 1);
      if (entry === ROW_ENTRIES) {
        Atomics.add(words, this.#row + 2, 1);
        return -1;
      }
      Atomics.store(words, this.#row + 1, entry + 1);
    }
    const at = this.#entry(entry);
    words[at + 1] = low(inode);
    words[at + 2] = high(inode);
    Atomics.store(words, at, record + 1);
    return entry;
  }

  remove(entry: number): void {
    if (this.#row < 0) return;
    if (entry < 0) {
      Atomics.sub(this.#words, this.#row + 2, 1);
      return;
    }
    Atomics.store(this.#words, this.#entry(entry), 0);
    this.#free.push(entry);
  }

  /** Whether anybody has the file open, or may have: a thread has more open than there is room for. */
  has(record: number, inode: bigint): boolean {
    const words = this.#words;
    const end = this.#first + HELD_FILES_WORDS;
    for (let row = this.#first; row < end; row += ROW_WORDS) {
      // Rows are claimed from the first on: behind one that never was there are none.
      if (Atomics.load(words, row) === 0) return false;
      if (Atomics.load(words, row + 2) > 0) return true;
      if (holds(words, row, record, inode)) return true;
    }
    return false;
  }

  #entry(entry: number): number {
    return this.#row + HEAD_WORDS + entry * ENTRY_WORDS;
  }
}

/** Frees the row of a thread that is gone. */
export function dropHeldFiles(words: Words, first: number, thread: number): void {
  const end = first + HELD_FILES_WORDS;
  for (let row = first; row < end; row += ROW_WORDS) {
    if (Atomics.load(words, row) !== thread + 1) continue;
    words.fill(0, row + HEAD_WORDS, row + HEAD_WORDS + (words[row + 1] ?? 0) * ENTRY_WORDS);
    Atomics.store(words, row + 1, 0);
    Atomics.store(words, row + 2, 0);
    Atomics.store(words, row, FREED);
    return;
  }
}

/** A row that was in use once: others behind it may still be. */
const FREED = -1;

/** The row that the owner has, or the first that it can have; -1 if all are taken. */
function claimRow(words: Words, first: number, owner: number): number {
  const end = first + HELD_FILES_WORDS;
  for (let row = first; row < end; row += ROW_WORDS) {
    const seen = Atomics.load(words, row);
    if (seen === owner) return row;
    if (seen > 0) continue;
    if (Atomics.compareExchange(words, row, seen, owner) === seen) return row;
    row -= ROW_WORDS; // somebody was quicker: look at it again
  }
  return -1;
}

function holds(words: Words, row: number, record: number, inode: bigint): boolean {
  const owner = record + 1;
  const lower = low(inode);
  const upper = high(inode);
  const end = row + HEAD_WORDS + Atomics.load(words, row + 1) * ENTRY_WORDS;
  for (let entry = row + HEAD_WORDS; entry < end; entry += ENTRY_WORDS) {
    if (words[entry + 1] !== lower || Atomics.load(words, entry) !== owner) continue;
    if (words[entry + 2] === upper) return true;
  }
  return false;
}

function low(inode: bigint): number {
  return Number(BigInt.asIntN(32, inode));
}

function high(inode: bigint): number {
  return Number(BigInt.asIntN(32, inode >> 32n));
}
