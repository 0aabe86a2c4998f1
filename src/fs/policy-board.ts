/**
 * Shared words about the grants of a container, so that the app can take one back while a guest runs and
 * see what was used, without a message. One SharedArrayBuffer for all; a record per container that runs:
 *
 *     Int32 0      what the app has taken back of the grants that are no mounts: TAKEN_* bits
 *     Int32 1      what was used of them: USED_* bits
 *     Int32 2..34  a byte for each mount, in the order of the process's mounts: MOUNT_* below
 *
 * Bits are only ever set, by either side, until the record is free for another container. What a guest's
 * calls ask for is read without `Atomics`, which V8 does not compile into them: 10 to 20 ns each, twice in a
 * read. A word is read anew by each call and never torn, and a bit that the app has set is in it as soon as
 * another core can see it; `Atomics.load` would see it no sooner.
 */
const MOUNTS_AT = 2;
/** Mounts of one container that the board has room for: as many as may be granted, and the root. */
const BOARD_MOUNTS = 132;
const WORDS = MOUNTS_AT + BOARD_MOUNTS / 4;
/** As many containers with a process at once as there are writable layers: 9 MB, used as it is touched. */
export const POLICY_RECORDS = 65_536;

/** The clock may not be read any more: it stands still. */
export const TAKEN_CLOCK = 1;
export const TAKEN_RANDOM = 2;
export const TAKEN_STDIN = 4;
export const TAKEN_STDOUT = 8;
export const TAKEN_STDERR = 16;

export const USED_CLOCK = 1;
export const USED_RANDOM = 2;
export const USED_STDIN = 4;
export const USED_STDOUT = 8;
export const USED_STDERR = 16;
export const USED_ENV = 32;
export const USED_ARGS = 64;
export const USED_SLEEP = 128;

/** The mount is read-only from here on, whatever it was. */
export const MOUNT_READ_ONLY = 1;
/** The mount is taken back: every call on it is refused. */
export const MOUNT_REVOKED = 2;
/** Attributes, names or link targets were looked at. */
export const MOUNT_LOOKED = 4;
/** Data was read. */
export const MOUNT_READ = 8;
/** A file or directory was made. */
export const MOUNT_CREATED = 16;
/** Something that was there was changed: data, attributes, its name. */
export const MOUNT_CHANGED = 32;
/** Something was removed, or replaced. */
export const MOUNT_REMOVED = 64;

export type PolicyBoard = Int32Array<SharedArrayBuffer>;

export function createPolicyBoard(): PolicyBoard {
  return new Int32Array(new SharedArrayBuffer(POLICY_RECORDS * WORDS * 4));
}

/** One container's words. */
export class PolicyRecord {
  readonly #board: PolicyBoard;
  readonly #at: number;

  constructor(board: PolicyBoard, record: number) {
    this.#board = board;
    this.#at = record * WORDS;
  }

  /** TAKEN_* bits. */
  taken(): number {
    return this.#board[this.#at] ?? 0;
  }

  take(bits: number): void {
    Atomics.or(this.#board, this.#at, bits);
  }

  /** USED_* bits. */
  used(): number {
    return Atomics.load(this.#board, this.#at + 1);
  }

  use(bits: number): void {
    Atomics.or(this.#board, this.#at + 1, bits);
  }

  /** MOUNT_* bits of one mount. */
  mount(index: number): number {
    return ((this.#board[this.#word(index)] ?? 0) >>> ((index & 3) * 8)) & 0xff;
  }

  markMount(index: number, bits: number): void {
    Atomics.or(this.#board, this.#word(index), bits << ((index & 3) * 8));
  }

  /** Forgets everything: the record is free for another container. */
  reset(): void {
    this.#board.fill(0, this.#at, this.#at + WORDS);
  }

  #word(index: number): number {
    return this.#at + MOUNTS_AT + (index >>> 2);
  }
}

/** A record of nobody's: what is noted in it is not read. */
export function createScratchRecord(): PolicyRecord {
  return new PolicyRecord(new Int32Array(new SharedArrayBuffer(WORDS * 4)), 0);
}
