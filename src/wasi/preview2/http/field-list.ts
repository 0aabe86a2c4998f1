/** Header fields as a guest makes and reads them: names in the case they were written in, values as bytes. */
import type { HttpFields } from "../../../base/http-messages.js";

/** Fields of one list, and bytes of all names and values in it: what the app's side takes, see src/http. */
const MAX_FIELDS = 512;
const MAX_FIELDS_BYTES = 64 * 1024;

/** Of one connection, or the host's own to say: no guest sets them. */
const FORBIDDEN: ReadonlySet<string> = new Set([
  "connection",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);

/** Of one connection too, but guests that send or want trailers say so: they may, and it goes no further. */
const KEPT: ReadonlySet<string> = new Set(["te", "trailer"]);

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Why a change is refused, as `wasi:http` names it. */
export type HeaderProblem = "invalid-syntax" | "forbidden" | "immutable";

export class FieldList {
  readonly entries: (readonly [name: string, value: Uint8Array])[] = [];
  #bytes = 0;

  /** Fields that the app has sent, which may be what a guest could not set. */
  static received(fields: HttpFields): FieldList {
    const list = new FieldList();
    for (const [name, value] of fields) list.#push(name, Buffer.from(value, "latin1"));
    return list;
  }

  copy(): FieldList {
    const list = new FieldList();
    for (const [name, value] of this.entries) list.#push(name, value);
    return list;
  }

  /** As they are sent. */
  toFields(): HttpFields {
    const fields: (readonly [string, string])[] = [];
    for (const [given, value] of this.entries) {
      const name = given.toLowerCase();
      if (KEPT.has(name)) continue;
      const { buffer, byteOffset, length } = value;
      fields.push([name, Buffer.from(buffer, byteOffset, length).toString("latin1")]);
    }
    return fields;
  }

  values(name: string): Uint8Array[] {
    const wanted = name.toLowerCase();
    return this.entries.filter(([each]) => each.toLowerCase() === wanted).map(([, value]) => value);
  }

  append(name: string, value: Uint8Array): HeaderProblem | undefined {
    const problem = problemOfName(name) ?? problemOfValue(value);
    if (problem !== undefined) return problem;
    if (this.entries.length >= MAX_FIELDS) return "forbidden";
    if (this.#bytes + name.length + value.length > MAX_FIELDS_BYTES) return "forbidden";
    // A name that is there keeps the casing it had first.
    const wanted = name.toLowerCase();
    const same = this.entries.find(([each]) => each.toLowerCase() === wanted);
    this.#push(same?.[0] ?? name, value);
    return undefined;
  }

  set(name: string, values: readonly Uint8Array[]): HeaderProblem | undefined {
    const problem = problemOfName(name) ?? firstProblem(values);
    if (problem !== undefined) return problem;
    const before = [...this.entries];
    const bytes = this.#bytes;
    this.#remove(name);
    for (const value of values) {
      const refused = this.append(name, value);
      if (refused === undefined) continue;
      this.entries.splice(0, this.entries.length, ...before);
      this.#bytes = bytes;
      return refused;
    }
    return undefined;
  }

  delete(name: string): HeaderProblem | undefined {
    const problem = problemOfName(name);
    if (problem === undefined) this.#remove(name);
    return problem;
  }

  #push(name: string, value: Uint8Array): void {
    this.#bytes += name.length + value.length;
    this.entries.push([name, value]);
  }

  #remove(name: string): void {
    const wanted = name.toLowerCase();
    for (let index = this.entries.length - 1; index >= 0; index--) {
      const [each, value] = this.entries[index] ?? ["", new Uint8Array(0)];
      if (each.toLowerCase() !== wanted) continue;
      this.#bytes -= each.length + value.length;
      this.entries.splice(index, 1);
    }
  }
}

function problemOfName(name: string): HeaderProblem | undefined {
  if (!TOKEN.test(name)) return "invalid-syntax";
  return FORBIDDEN.has(name.toLowerCase()) ? "forbidden" : undefined;
}

/** Visible characters, space, tab, and bytes from 0x80 on. */
function problemOfValue(value: Uint8Array): HeaderProblem | undefined {
  for (const byte of value) {
    if ((byte < 0x20 && byte !== 0x09) || byte === 0x7f) return "invalid-syntax";
  }
  return undefined;
}

function firstProblem(values: readonly Uint8Array[]): HeaderProblem | undefined {
  for (const value of values) {
    const problem = problemOfValue(value);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** The length that the fields declare; undefined: none, null: none that can be read. */
export function declaredLength(list: FieldList): number | null | undefined {
  const [value] = list.values("content-length");
  if (value === undefined) return undefined;
  const text = Buffer.from(value).toString("latin1");
  return /^\d{1,16}$/.test(text) ? Number(text) : null;
}
