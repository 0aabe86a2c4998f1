/** A value, or one that comes later. */
export type Awaitable<T> = T | Promise<T>;

/** Some of a store's keys. */
export interface KeyPage {
  readonly keys: readonly string[];
  /** Gives the next ones; undefined: there are no more. A guest of an older draft of WASI takes decimal digits alone. */
  readonly cursor?: string | undefined;
}

/**
 * What guests keep values in through `wasi:keyvalue`. Safedock's own are {@link memoryStore} and
 * {@link redisStore}; an app may bring another with these methods. What one throws is told to the guest as an
 * error of the store, by its message.
 *
 * Keys are text of at most 4096 bytes; values are bytes, at most 16 MiB.
 */
export interface KeyValueStore {
  /** Undefined: there is none. */
  get(key: string): Awaitable<Uint8Array | undefined>;
  /** The bytes are the store's to keep. */
  set(key: string, value: Uint8Array): Awaitable<void>;
  /** Fine if there is none. */
  delete(key: string): Awaitable<void>;
  /** Whether there is such a key. */
  exists(key: string): Awaitable<boolean>;
  /** From the beginning, or where the last page ended. In any order. */
  listKeys(cursor: string | undefined): Awaitable<KeyPage>;
  /**
   * Adds to a number that is kept as decimal text, 64 bits with a sign, and answers what it is then; a key that is
   * not there counts as 0. Nothing comes between reading and writing, whoever else uses the store.
   */
  increment(key: string, delta: bigint): Awaitable<bigint>;
  /** Sets the value if it is `expected` still (undefined: none); says whether it was. As undivided as `increment`. */
  compareAndSwap(
    key: string,
    expected: Uint8Array | undefined,
    value: Uint8Array,
  ): Awaitable<boolean>;
  /** In the order of the keys. Default: `get` of each. */
  getMany?(keys: readonly string[]): Awaitable<readonly (Uint8Array | undefined)[]>;
  /** Default: `set` of each. */
  setMany?(entries: readonly (readonly [key: string, value: Uint8Array])[]): Awaitable<void>;
  /** Default: `delete` of each. */
  deleteMany?(keys: readonly string[]): Awaitable<void>;
}

/** The methods that a store must have. */
export const STORE_METHODS = [
  "get",
  "set",
  "delete",
  "exists",
  "listKeys",
  "increment",
  "compareAndSwap",
] as const satisfies readonly (keyof KeyValueStore)[];
