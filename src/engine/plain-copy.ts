import { printable } from "../base/printable.js";
import type { Problems } from "./problems.js";

/** Characters of a name that a message repeats. */
const MAX_NAME = 60;
/** Grants nest four levels deep: grants, fs, a grant, a value. */
const MAX_DEPTH = 8;
/** Values in one set of options: far above 2 MiB of variables, and a bound for what costs time to copy. */
const MAX_VALUES = 1_000_000;

/**
 * A copy of plain data in which each value was read once, so that what is checked is what is used: a
 * getter or proxy cannot answer otherwise later, and what it throws is a problem like any other.
 */
export function plainCopy(at: string, value: unknown, problems: Problems): unknown {
  if (typeof value !== "object" || value === null) return value;
  let left = MAX_VALUES;
  const copy = (path: string, found: unknown, depth: number): unknown => {
    if (typeof found !== "object" || found === null) return found;
    if (depth === MAX_DEPTH) throw new NotPlain(`${path}: nested more than ${MAX_DEPTH} deep`);
    if (Array.isArray(found)) {
      const length: number = found.length;
      if ((left -= length) < 0) throw new NotPlain(`${path}: more than ${MAX_VALUES} values`);
      const list: unknown[] = [];
      for (let n = 0; n < length; n++) list.push(copy(`${path}[${n}]`, found[n], depth + 1));
      return list;
    }
    if (!isPlain(found)) throw new NotPlain(`${path}: must be a plain object`);
    const names = Object.keys(found);
    if ((left -= names.length) < 0) throw new NotPlain(`${path}: more than ${MAX_VALUES} values`);
    const plain: Record<string, unknown> = {};
    for (const name of names) {
      const value: unknown = (found as Readonly<Record<string, unknown>>)[name];
      // A path is put together for what may need it alone: a warm run copies its options each time.
      const isDeep = typeof value === "object" && value !== null;
      put(
        plain,
        name,
        isDeep ? copy(`${path}.${printable(name, MAX_NAME)}`, value, depth + 1) : value,
      );
    }
    return plain;
  };
  try {
    return copy(at, value, 0);
  } catch (error) {
    if (error instanceof NotPlain) problems.add(error.message);
    else problems.unreadable(at, error);
    return undefined;
  }
}

/** As an own property, whatever its name. */
function put(into: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== "__proto__") into[name] = value;
  else Object.defineProperty(into, name, { value, ...PLAIN });
}

const PLAIN = { enumerable: true, writable: true, configurable: true };

/** Never leaves this file. */
class NotPlain extends Error {}

/** Of any realm: its prototype is none, or one that has none. */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
