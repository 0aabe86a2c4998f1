/**
 * Shared counters of writable layers, so that processes of one container in different workers see each
 * other's changes without asking the disk first. One SharedArrayBuffer for all; a record per container:
 *
 *     Int32 0: generation   0 = nothing has ever been written; +1 on every change that another worker
 *                           may hold an older answer of: a name of the image hidden, a directory of
 *                           the image that got one above it
 *     Int32 1: files        entries made in the layer
 *     Int32 2: blocks       bytes in use, in units of BLOCK_BYTES, rounded up per file
 *     Int32 4: notes        attributes of files that were noted, and numbers that were given to files
 *     Int32 3: reserved
 */
const WORDS = 5;
/** Quota unit: the block of most disks, so that many tiny files cost what they cost the disk. */
export const BLOCK_BYTES = 4096;
/** 65,536 started containers with a writable layer at once: 1 MiB of counters. */
export const BOARD_RECORDS = 65_536;

/** Half of an Int32, so that concurrent additions cannot wrap it: 4 TiB. */
const MAX_BLOCKS = 2 ** 30;

export type WritableBoard = Int32Array<SharedArrayBuffer>;

export function createWritableBoard(): WritableBoard {
  return new Int32Array(new SharedArrayBuffer(BOARD_RECORDS * WORDS * 4));
}

/** One container's counters. */
export class BoardRecord {
  readonly #board: WritableBoard;
  readonly #at: number;

  constructor(board: WritableBoard, record: number) {
    this.#board = board;
    this.#at = record * WORDS;
  }

  generation(): number {
    return Atomics.load(this.#board, this.#at);
  }

  /** Counts the generation up, past 0 when it wraps; the new one. */
  changed(): number {
    const next = (Atomics.add(this.#board, this.#at, 1) + 1) | 0;
    return next === 0 ? this.changed() : next;
  }

  files(): number {
    return Atomics.load(this.#board, this.#at + 1);
  }

  /** Counts one more file in unless there are `max` already. */
  addFile(max: number): boolean {
    if (Atomics.add(this.#board, this.#at + 1, 1) < max) return true;
    Atomics.sub(this.#board, this.#at + 1, 1);
    return false;
  }

  removeFile(): void {
    Atomics.sub(this.#board, this.#at + 1, 1);
  }

  bytes(): number {
    return Atomics.load(this.#board, this.#at + 2) * BLOCK_BYTES;
  }

  /** Counts the growth of one file from `from` to `to` bytes; false if that would pass `maxBytes`. */
  resize(from: number, to: number, maxBytes: number): boolean {
    const delta = blocks(to) - blocks(from);
    if (delta <= 0) {
      Atomics.add(this.#board, this.#at + 2, delta);
      return true;
    }
    const max = Math.min(Math.floor(maxBytes / BLOCK_BYTES), MAX_BLOCKS);
    if (delta > max) return false; // before the add: the counter must not wrap
    if (Atomics.add(this.#board, this.#at + 2, delta) + delta <= max) return true;
    Atomics.sub(this.#board, this.#at + 2, delta);
    return false;
  }

  notes(): number {
    return Atomics.load(this.#board, this.#at + 4);
  }

  /** Counts one note more; the new count. */
  noted(): number {
    return (Atomics.add(this.#board, this.#at + 4, 1) + 1) | 0;
  }

  /** Forgets everything: the record is free for another container. */
  reset(): void {
    for (let word = 0; word < WORDS; word++) Atomics.store(this.#board, this.#at + word, 0);
  }
}

function blocks(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES);
}
