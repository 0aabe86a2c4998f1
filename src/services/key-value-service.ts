import { HostRefusal, type HostReply, type HostService } from "../base/host-service.js";
import type {
  EntriesRequest,
  IncrementRequest,
  KeyRequest,
  KeysRequest,
  ListRequest,
  StoreRequest,
  SwapRequest,
} from "../base/key-value-messages.js";
import type { KeyPage, KeyValueStore } from "./key-value-store.js";

/** Bytes of a key, as UTF-8: what most stores take. */
export const MAX_KEY_BYTES = 4096;
/** Bytes of a value, and of all values of one request. */
export const MAX_VALUE_BYTES = 16 * 2 ** 20;
/** Keys of one request, and of one answer. */
export const MAX_KEYS = 10_000;
/** Characters of a store's error that a guest is told. */
const MAX_ERROR = 500;

const NOTHING: HostReply = {};

export interface KeyValueParts {
  /** The store of that name; undefined: there is none. Asked with each request, so that it can be taken back. */
  store(name: string): KeyValueStore | undefined;
  /** Whether the guest may open it. */
  mayOpen(name: string): boolean;
  /** A request that no grant allows. */
  refused(call: string, name: string): void;
}

/** The stores of one process. */
export class KeyValueService implements HostService {
  readonly #parts: KeyValueParts;

  constructor(parts: KeyValueParts) {
    this.#parts = parts;
  }

  async call(op: string, head: unknown, body: Uint8Array): Promise<HostReply> {
    const store = this.#open(op, (head as StoreRequest).store);
    try {
      return await answer(store, op, head, body);
    } catch (error) {
      if (error instanceof HostRefusal) throw error;
      throw new HostRefusal("other", textOf(error));
    }
  }

  #open(op: string, name: string): KeyValueStore {
    if (!this.#parts.mayOpen(name)) {
      this.#parts.refused(op, name);
      throw new HostRefusal("access-denied");
    }
    const store = this.#parts.store(name);
    if (store === undefined) throw new HostRefusal("no-such-store");
    return store;
  }
}

async function answer(
  store: KeyValueStore,
  op: string,
  head: unknown,
  body: Uint8Array,
): Promise<HostReply> {
  switch (op) {
    case "open":
      return NOTHING;
    case "get": {
      const value = checkedValue(await store.get(keyOf(head)));
      return value === undefined ? { head: "none" } : { body: value };
    }
    case "set":
      checkSize(body.length);
      await store.set(keyOf(head), body.slice());
      return NOTHING;
    case "delete":
      await store.delete(keyOf(head));
      return NOTHING;
    case "exists": {
      const found: unknown = await store.exists(keyOf(head));
      return { head: found === true };
    }
    case "list-keys":
      return { head: checkedPage(await store.listKeys((head as ListRequest).cursor)) };
    case "increment": {
      const sum = await store.increment(keyOf(head), (head as IncrementRequest).delta);
      return { head: BigInt.asIntN(64, sum) };
    }
    case "swap":
      return { head: await swap(store, head as SwapRequest, body) };
    case "get-many":
      return await getMany(store, keysOf(head));
    case "set-many":
      await setMany(store, head as EntriesRequest, body);
      return NOTHING;
    case "delete-many":
      await deleteMany(store, keysOf(head));
      return NOTHING;
    default:
      throw new HostRefusal("other", `no such request: ${op}`);
  }
}

async function swap(
  store: KeyValueStore,
  { key, expected }: SwapRequest,
  body: Uint8Array,
): Promise<boolean> {
  const cut = Math.max(expected, 0);
  const old = expected < 0 ? undefined : body.slice(0, cut);
  checkSize(body.length - cut);
  const swapped: unknown = await store.compareAndSwap(checkedKey(key), old, body.slice(cut));
  return swapped === true;
}

async function getMany(store: KeyValueStore, keys: readonly string[]): Promise<HostReply> {
  const values: (Uint8Array | undefined)[] = [];
  if (store.getMany === undefined) {
    for (const key of keys) values.push(checkedValue(await store.get(key)));
  } else values.push(...(await store.getMany(keys)).slice(0, keys.length).map(checkedValue));
  const found = values.filter((value) => value !== undefined);
  checkSize(found.reduce((sum, { length }) => sum + length, 0));
  return { head: values.map((value) => value?.length ?? -1), body: Buffer.concat(found) };
}

async function setMany(
  store: KeyValueStore,
  { entries }: EntriesRequest,
  body: Uint8Array,
): Promise<void> {
  checkSize(body.length);
  checkCount(entries.length);
  let at = 0;
  const pairs = entries.map(([key, size]): [string, Uint8Array] => {
    const value = body.slice(at, at + size);
    at += size;
    return [checkedKey(key), value];
  });
  if (store.setMany !== undefined) await store.setMany(pairs);
  else for (const [key, value] of pairs) await store.set(key, value);
}

async function deleteMany(store: KeyValueStore, keys: readonly string[]): Promise<void> {
  if (store.deleteMany !== undefined) await store.deleteMany(keys);
  else for (const key of keys) await store.delete(key);
}

function keyOf(head: unknown): string {
  return checkedKey((head as KeyRequest).key);
}

function keysOf(head: unknown): readonly string[] {
  const { keys } = head as KeysRequest;
  checkCount(keys.length);
  return keys.map(checkedKey);
}

function checkedKey(key: string): string {
  if (Buffer.byteLength(key) <= MAX_KEY_BYTES) return key;
  throw new HostRefusal("other", `a key of more than ${MAX_KEY_BYTES} bytes`);
}

function checkCount(count: number): void {
  if (count > MAX_KEYS) throw new HostRefusal("other", `more than ${MAX_KEYS} keys`);
}

function checkSize(size: number): void {
  if (size > MAX_VALUE_BYTES) throw new HostRefusal("other", `more than ${MAX_VALUE_BYTES} bytes`);
}

/** A store is the app's own, but what is in it may be anybody's. */
function checkedValue(value: Uint8Array | null | undefined): Uint8Array | undefined {
  if (value === null || value === undefined) return undefined;
  if (!(value instanceof Uint8Array)) throw new TypeError("the store's value is no Uint8Array");
  checkSize(value.length);
  return value;
}

function checkedPage({ keys, cursor }: KeyPage): KeyPage {
  checkCount(keys.length);
  return { keys: keys.map(String), cursor: cursor };
}

function textOf(error: unknown): string {
  const text = error instanceof Error ? error.message : "the store has failed";
  return text.slice(0, MAX_ERROR);
}
