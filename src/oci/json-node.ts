import { printable } from "../base/printable.js";

/** Longest string of a document that is kept, in UTF-16 units: above the longest label seen in practice. */
const MAX_STRING = 256 * 1024;
/** Most entries of one string map (annotations, labels): ten times what build tools write. */
const MAX_MAP_ENTRIES = 1024;

/**
 * One value of a parsed JSON document with its path, read by shape. A value of the wrong shape throws
 * what `reject` makes of a sentence that begins with the path: `$.layers[2].digest: …`.
 *
 * Only own members are seen, and string maps come out without a prototype, so `__proto__` and
 * `constructor` are names like any other.
 */
export class JsonNode {
  constructor(
    readonly value: unknown,
    readonly path: string,
    private readonly reject: (problem: string) => Error,
  ) {}

  /** Parses UTF-8 bytes; `$` is the path of the whole. */
  static parse(bytes: Uint8Array, maxBytes: number, reject: (problem: string) => Error): JsonNode {
    if (bytes.byteLength > maxBytes) {
      throw reject(`it has ${bytes.byteLength} bytes, the limit is ${maxBytes}`);
    }
    let value: unknown;
    try {
      value = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
    } catch {
      // The parser's own message repeats the input, which may hold control characters.
      throw reject("it is not JSON in UTF-8");
    }
    return new JsonNode(value, "$", reject);
  }

  fail(problem: string): never {
    throw this.reject(`${this.path}: ${problem}`);
  }

  /** Checks that this is an object. */
  object(): this {
    this.record();
    return this;
  }

  /** A member of an object; `undefined` when it is absent or null (Go writes null for what is unset). */
  member(name: string): JsonNode | undefined {
    const record = this.record();
    const found = Object.hasOwn(record, name) ? record[name] : undefined;
    return found === undefined || found === null
      ? undefined
      : new JsonNode(found, `${this.path}.${name}`, this.reject);
  }

  /** The names of an object's members. */
  names(): string[] {
    return Object.keys(this.record());
  }

  required(name: string): JsonNode {
    return this.member(name) ?? this.fail(`must have "${name}"`);
  }

  string(maxLength: number = MAX_STRING): string {
    const { value } = this;
    if (typeof value !== "string") return this.fail("must be a string");
    if (value.length > maxLength) this.fail(`must have at most ${maxLength} characters`);
    return value;
  }

  /** A whole number from 0 to 2^53 - 1. */
  size(): number {
    const { value } = this;
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
      return this.fail("must be a whole number, not negative and below 2^53");
    }
    return value;
  }

  list(maxItems: number): JsonNode[] {
    const { value } = this;
    if (!Array.isArray(value)) return this.fail("must be an array");
    if (value.length > maxItems)
      this.fail(`must have at most ${maxItems} items, not ${value.length}`);
    return value.map((item: unknown, i) => new JsonNode(item, `${this.path}[${i}]`, this.reject));
  }

  strings(maxItems: number): string[] {
    return this.list(maxItems).map((item) => item.string());
  }

  /** An object of strings, as an object without a prototype; null members are left out. */
  stringMap(): Readonly<Record<string, string>> {
    const entries = Object.entries(this.record());
    if (entries.length > MAX_MAP_ENTRIES) {
      this.fail(`must have at most ${MAX_MAP_ENTRIES} entries`);
    }
    const map: Record<string, string> = Object.create(null);
    for (const [name, item] of entries) {
      if (item === null) continue;
      const path = `${this.path}["${printable(name, 60)}"]`;
      map[name] = new JsonNode(item, path, this.reject).string();
    }
    return map;
  }

  private record(): Record<string, unknown> {
    return isRecord(this.value) ? this.value : this.fail("must be an object");
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
