import type { Attributes, Times } from "./attributes.js";

/** Words of a record: key, number, atime, mtime, ctime, and a mark: who wrote it, and GONE. */
export const RECORD_WORDS = 6;
export const RECORD_BYTES = RECORD_WORDS * 8;
/** The file is gone: its key may be another's by now, its number is not. */
const GONE = 1n << 63n;

/** What a record says. */
export interface SavedRecord {
  readonly key: bigint;
  readonly number: bigint;
  readonly times: Times;
  readonly gone: boolean;
  readonly writer: bigint;
}

export function encodeRecord(
  words: BigUint64Array,
  index: number,
  { key, number, times, gone }: Attributes,
  writer: bigint,
): void {
  const at = index * RECORD_WORDS;
  // Stored modulo 2^64, as times are.
  words[at] = key;
  words[at + 1] = number;
  words[at + 2] = times?.atime ?? 0n;
  words[at + 3] = times?.mtime ?? 0n;
  words[at + 4] = times?.ctime ?? 0n;
  words[at + 5] = gone ? writer | GONE : writer;
}

export function decodeRecord(words: BigUint64Array, index: number): SavedRecord {
  const at = index * RECORD_WORDS;
  const word = (offset: number): bigint => words[at + offset] ?? 0n;
  const mark = word(5);
  return {
    key: word(0),
    number: word(1),
    times: { atime: word(2), mtime: word(3), ctime: word(4) },
    gone: (mark & GONE) !== 0n,
    writer: mark & ~GONE,
  };
}

/**
 * The records that a process finds when it begins. Each is made into attributes when it is asked for: a
 * process looks at a few files of thousands, and objects for all take ten times as long as this.
 */
export class SavedAttributes {
  #words = new BigUint64Array(0);
  /** Where the last record of a file is, by its key. */
  readonly #index = new Map<bigint, number>();

  get size(): number {
    return this.#index.size;
  }

  load(words: BigUint64Array<ArrayBuffer>): void {
    this.#words = words;
    for (let at = 0, index = 0; at < words.length; at += RECORD_WORDS, index++) {
      const key = words[at] ?? 0n;
      if (((words[at + 5] ?? 0n) & GONE) === 0n) this.#index.set(key, index);
      else this.#dropGone(key, words[at + 1]);
    }
  }

  /** The record of a file, which is then no longer here. */
  take(key: bigint): SavedRecord | undefined {
    const index = this.#index.get(key);
    if (index === undefined) return undefined;
    this.#index.delete(key);
    return decodeRecord(this.#words, index);
  }

  /** All that are still here, which then are not. */
  takeAll(): SavedRecord[] {
    const records = Array.from(this.#index.values(), (index) => decodeRecord(this.#words, index));
    this.#index.clear();
    return records;
  }

  #dropGone(key: bigint, number: bigint | undefined): void {
    const known = this.#index.get(key);
    if (known !== undefined && this.#words[known * RECORD_WORDS + 1] === number) {
      this.#index.delete(key);
    }
  }
}
