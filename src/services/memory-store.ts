import { throwProblems, unknownOptions } from "../base/option-problems.js";
import { addToText } from "./counter-text.js";
import type { KeyPage, KeyValueStore } from "./key-value-store.js";

/** Bounds of {@link memoryStore}. */
export interface MemoryStoreOptions {
  /** Bytes of all keys and values together. Default 64 MiB. */
  readonly maxBytes?: number;
  /** Default 100,000. */
  readonly maxKeys?: number;
}

const DEFAULT_BYTES = 64 * 2 ** 20;
const DEFAULT_KEYS = 100_000;
const SUBJECT = "options of memoryStore";
/** Keys of one page: a few ten KB. */
const PAGE_KEYS = 1000;

interface Entry {
  /** Grows with each new key: where a page ends. */
  readonly serial: number;
  readonly size: number;
  readonly value: Uint8Array;
}

/**
 * A store in the app's memory, gone with it. A `set` beyond its bounds fails and changes nothing.
 *
 * @example
 * ```ts
 * const store = memoryStore({ maxBytes: 2 ** 20 });
 * await store.set("greeting", new TextEncoder().encode("hello"));
 * console.log(await store.increment("visits", 1n)); // 1n
 * ```
 * @throws SafedockError `ERR_OPTIONS_INVALID`
 */
export function memoryStore(options: MemoryStoreOptions = {}): KeyValueStore {
  const problems = unknownOptions("", options, ["maxBytes", "maxKeys"]);
  throwProblems(SUBJECT, problems);
  const { maxBytes = DEFAULT_BYTES, maxKeys = DEFAULT_KEYS } = options;
  for (const [name, bound] of Object.entries({ maxBytes, maxKeys })) {
    if (!Number.isSafeInteger(bound) || bound < 0) {
      problems.push(`${name}: must be a whole number, 0 or more`);
    }
  }
  throwProblems(SUBJECT, problems);
  return new MemoryStore(maxBytes, maxKeys);
}

class MemoryStore implements KeyValueStore {
  /** In the order of their serial numbers. */
  readonly #entries = new Map<string, Entry>();
  readonly #maxBytes: number;
  readonly #maxKeys: number;
  #bytes = 0;
  #lastSerial = 0;

  constructor(maxBytes: number, maxKeys: number) {
    this.#maxBytes = maxBytes;
    this.#maxKeys = maxKeys;
  }

  get(key: string): Uint8Array | undefined {
    return this.#entries.get(key)?.value.slice();
  }

  set(key: string, value: Uint8Array): void {
    const old = this.#entries.get(key);
    const size = Buffer.byteLength(key) + value.length;
    const bytes = this.#bytes - (old?.size ?? 0) + size;
    if (bytes > this.#maxBytes) throw new RangeError(`the store is full: ${this.#maxBytes} bytes`);
    if (old === undefined && this.#entries.size >= this.#maxKeys) {
      throw new RangeError(`the store is full: ${this.#maxKeys} keys`);
    }
    this.#bytes = bytes;
    const serial = old?.serial ?? ++this.#lastSerial;
    this.#entries.set(key, { serial, size, value: value.slice() });
  }

  delete(key: string): void {
    const old = this.#entries.get(key);
    if (old === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= old.size;
  }

  exists(key: string): boolean {
    return this.#entries.has(key);
  }

  listKeys(cursor: string | undefined): KeyPage {
    if (cursor !== undefined && !/^\d{1,15}$/.test(cursor))
      throw new RangeError("that is no cursor");
    const after = cursor === undefined ? 0 : Number(cursor);
    const keys: string[] = [];
    let last = after;
    for (const [key, { serial }] of this.#entries) {
      if (serial <= after) continue;
      if (keys.length === PAGE_KEYS) return { keys, cursor: String(last) };
      keys.push(key);
      last = serial;
    }
    return { keys };
  }

  increment(key: string, delta: bigint): bigint {
    const sum = addToText(this.#entries.get(key)?.value, delta);
    this.set(key, Buffer.from(String(sum)));
    return sum;
  }

  compareAndSwap(key: string, expected: Uint8Array | undefined, value: Uint8Array): boolean {
    const present = this.#entries.get(key)?.value;
    if (expected === undefined || present === undefined) {
      if (expected !== present) return false;
    } else if (Buffer.compare(expected, present) !== 0) return false;
    this.set(key, value);
    return true;
  }
}
