import { type KeyValueStore, STORE_METHODS } from "../services/key-value-store.js";
import { DEFAULT_STORE } from "./check-service-grants.js";
import { isRecord, type Problems, show } from "./problems.js";

/** By name; the default one is under {@link DEFAULT_STORE}. */
export type Stores = ReadonlyMap<string, KeyValueStore>;

export const NO_STORES: Stores = new Map();

/** Reads the option `stores`: the stores themselves are the app's. */
export function checkStores(stores: unknown, problems: Problems): Stores {
  if (!isRecord(stores)) {
    problems.add(`stores: must be an object of stores, not ${show(stores)}`);
    return NO_STORES;
  }
  const found = new Map<string, KeyValueStore>();
  try {
    for (const [name, store] of Object.entries(stores)) {
      if (isStore(store)) found.set(name === "" ? DEFAULT_STORE : name, store);
      else problems.add(`stores[${show(name)}]: must be a store with ${STORE_METHODS.join(", ")}`);
    }
  } catch (error) {
    problems.unreadable("stores", error);
  }
  return found;
}

function isStore(value: unknown): value is KeyValueStore {
  if (typeof value !== "object" || value === null) return false;
  return STORE_METHODS.every((name) => typeof Reflect.get(value, name) === "function");
}

/** A store that is granted is there, but the default one, which every container can have. */
export function checkGrantedStores(
  granted: readonly string[],
  stores: readonly Stores[],
  problems: Problems,
): void {
  for (const name of granted) {
    if (name === DEFAULT_STORE || stores.some((given) => given.has(name))) continue;
    problems.add(`grants.keyvalue: there is no store ${show(name)}: give one in stores`);
  }
}
