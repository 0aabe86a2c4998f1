/**
 * Shared counters of writable layers and of mounts with a quota, so that processes of one container in
 * different workers see each other's changes without asking the disk first. One SharedArrayBuffer for
 * all: a record per layer or mount, then {@link LOCKS} locks of names and files, then what `HeldFiles` says:
 *
 *     Int32 0: generation   0 = nothing has ever been written; +1 on every change that another worker
 *                           may hold an older answer of: a name of the image hidden, a directory of
 *                           the image that got one above it
 *     Int32 1: files        names in it: of files, directories and links
 *     Int32 2: blocks       bytes in use, in units of BLOCK_BYTES, rounded up per file
 *     Int32 3: removals     files whose last name was removed: somebody may have one open
 *     Int32 4: notes        attributes of files that were noted, and numbers that were given to files
 */
import { threadId } from "node:worker_threads";
import { dropHeldFiles, HELD_FILES_WORDS, HeldFiles } from "./held-files.js";
import { lock, unlock, unlockAllOf } from "./shared-lock.js";

const WORDS = 5;
/** Locks behind the records: shared by whatever falls on the same one, which is seldom. */
const LOCKS = 4096;
/** The first of them are for names, the others for files. */
const NAME_LOCKS = 64;
/** Quota unit: the block of most disks, so that many tiny files cost what they cost the disk. */
export const BLOCK_BYTES = 4096;
/** 65,536 started containers with a writable layer at once: 1.3 MiB of counters. */
export const BOARD_RECORDS = 65_536;

const LOCKS_AT = BOARD_RECORDS * WORDS;
const HELD_AT = LOCKS_AT + LOCKS;

/** Half of an Int32, so that concurrent additions cannot wrap it: 4 TiB. */
const MAX_BLOCKS = 2 ** 30;

export type WritableBoard = Int32Array<SharedArrayBuffer>;

export function createWritableBoard(): WritableBoard {
  return new Int32Array(new SharedArrayBuffer((HELD_AT + HELD_FILES_WORDS) * 4));
}

/** Frees what a worker that is gone held: other containers' guests may wait for its locks. */
export function releaseThread(board: WritableBoard, thread: number): void {
  dropHeldFiles(board, HELD_AT, thread);
  unlockAllOf(thread, board, LOCKS_AT, HELD_AT);
}

const held = new WeakMap<WritableBoard, HeldFiles>();

/** The files of quotas that this thread holds. */
function heldHere(board: WritableBoard): HeldFiles {
  let files = held.get(board);
  if (files === undefined) held.set(board, (files = new HeldFiles(board, HELD_AT, threadId)));
  return files;
}

/** One container's counters. */
export class BoardRecord {
  readonly number: number;
  readonly #board: WritableBoard;
  readonly #at: number;

  constructor(board: WritableBoard, record: number) {
    this.number = record;
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
    this.#lower(this.#at + 1, 1);
  }

  bytes(): number {
    return Atomics.load(this.#board, this.#at + 2) * BLOCK_BYTES;
  }

  /** Counts the growth of one file from `from` to `to` bytes; false if that would pass `maxBytes`. */
  resize(from: number, to: number, maxBytes: number): boolean {
    const delta = blocks(to) - blocks(from);
    if (delta <= 0) {
      if (delta < 0) this.#lower(this.#at + 2, -delta);
      return true;
    }
    const max = Math.min(Math.floor(maxBytes / BLOCK_BYTES), MAX_BLOCKS);
    if (delta > max) return false; // before the add: the counter must not wrap
    if (Atomics.add(this.#board, this.#at + 2, delta) + delta <= max) return true;
    Atomics.sub(this.#board, this.#at + 2, delta);
    return false;
  }

  /** Counts `bytes` of a file in, also beyond the maximum. */
  forceBytes(bytes: number): void {
    Atomics.add(this.#board, this.#at + 2, Math.min(blocks(bytes), MAX_BLOCKS));
  }

  removals(): number {
    return Atomics.load(this.#board, this.#at + 3);
  }

  /** A file's last name is gone; the new count. */
  removed(): number {
    return (Atomics.add(this.#board, this.#at + 3, 1) + 1) | 0;
  }

  notes(): number {
    return Atomics.load(this.#board, this.#at + 4);
  }

  /** Counts one note more; the new count. */
  noted(): number {
    return (Atomics.add(this.#board, this.#at + 4, 1) + 1) | 0;
  }

  /**
   * Takes the lock of a set of names: whatever gives bytes or files back holds it, so that nothing is
   * given back twice. `names` is any number for them.
   */
  lockNames(names: number): number {
    return lock(this.#board, LOCKS_AT + (names % NAME_LOCKS));
  }

  unlockNames(names: number, ticket: number): void {
    unlock(this.#board, LOCKS_AT + (names % NAME_LOCKS), ticket);
  }

  /** Notes that this thread has a file open; the answer is for {@link letGo}. Under the lock of its names. */
  hold(inode: bigint): number {
    return heldHere(this.#board).add(this.number, inode);
  }

  letGo(hold: number): void {
    heldHere(this.#board).remove(hold);
  }

  /** Whether anybody has the file open. Under the lock of its names. */
  isHeld(inode: bigint): boolean {
    return heldHere(this.#board).has(this.number, inode);
  }

  /** Takes the lock of a file's size. Under the lock of names, or without. */
  lockFile(inode: number): number {
    return lock(this.#board, fileLock(inode));
  }

  unlockFile(inode: number, ticket: number): void {
    unlock(this.#board, fileLock(inode), ticket);
  }

  /** Forgets everything: the record is free for another container. */
  reset(): void {
    for (let word = 0; word < WORDS; word++) Atomics.store(this.#board, this.#at + word, 0);
  }

  /** Never below 0: what was there before it was counted may be removed too. */
  #lower(word: number, by: number): void {
    for (;;) {
      const now = Atomics.load(this.#board, word);
      const next = Math.max(0, now - by);
      if (Atomics.compareExchange(this.#board, word, now, next) === now) return;
    }
  }
}

function fileLock(inode: number): number {
  return LOCKS_AT + NAME_LOCKS + (inode % (LOCKS - NAME_LOCKS));
}

function blocks(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES);
}
