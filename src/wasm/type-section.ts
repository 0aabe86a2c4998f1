import { ByteReader } from "./byte-reader.js";
import { readReferenceType } from "./read-type.js";

/** Types of one module: V8's own limit. */
const MAX_TYPES = 1_000_000;
/** Parameters of a function: V8's own limit; results, supertypes and fields have the same or a lower one. */
const MAX_PARTS = 10_000;

const FUNCTION = 0x60;
const STRUCT = 0x5f;
const ARRAY = 0x5e;
const RECURSION_GROUP = 0x4e;
const SUBTYPE = 0x50;
const FINAL_SUBTYPE = 0x4f;

const NUMBER_TYPES: ReadonlyMap<number, string> = new Map([
  [0x7f, "i32"],
  [0x7e, "i64"],
  [0x7d, "f32"],
  [0x7c, "f64"],
  [0x7b, "v128"],
]);

/** The function types of a module (spec, 5.5.4), by type index. Each is read out when it is asked for. */
export class TypeSection {
  readonly #bytes: Uint8Array;
  /** Where a function type's parameters begin; -1 for a struct or an array. */
  readonly #positions: number[] = [];
  readonly #signatures = new Map<number, string>();

  /** Ends early at a form that is not known here, which the compiler judges. */
  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    const reader = new ByteReader(bytes, start, end);
    for (let left = reader.count("types", MAX_TYPES); left > 0; left--) {
      const form = reader.byte();
      if (form !== RECURSION_GROUP) {
        if (!this.#readSubtype(reader, form)) return;
        continue;
      }
      for (let members = reader.count("types", MAX_TYPES); members > 0; members--) {
        if (!this.#readSubtype(reader, reader.byte())) return;
      }
    }
  }

  /** A function type as text, such as `(i32, i64) -> (i32)`; undefined if it could not be read. */
  signature(index: number): string | undefined {
    const position = this.#positions[index];
    if (position === undefined || position < 0) return undefined;
    const known = this.#signatures.get(index);
    if (known !== undefined) return known;
    const reader = new ByteReader(this.#bytes, position);
    const text = `${readValueTypes(reader)} -> ${readValueTypes(reader)}`;
    this.#signatures.set(index, text);
    return text;
  }

  #readSubtype(reader: ByteReader, first: number): boolean {
    let form = first;
    if (form === SUBTYPE || form === FINAL_SUBTYPE) {
      for (let left = reader.count("supertypes", MAX_PARTS); left > 0; left--) reader.u32();
      form = reader.byte();
    }
    this.#positions.push(form === FUNCTION ? reader.position : -1);
    switch (form) {
      case FUNCTION:
        skipValueTypes(reader);
        skipValueTypes(reader);
        return true;
      case STRUCT:
        for (let left = reader.count("fields", MAX_PARTS); left > 0; left--) skipField(reader);
        return true;
      case ARRAY:
        skipField(reader);
        return true;
      default:
        return false;
    }
  }
}

function skipField(reader: ByteReader): void {
  readReferenceType(reader);
  reader.byte(); // whether it is mutable
}

function skipValueTypes(reader: ByteReader): void {
  for (let left = reader.count("value types", MAX_PARTS); left > 0; left--)
    readReferenceType(reader);
}

function readValueTypes(reader: ByteReader): string {
  const names: string[] = [];
  for (let left = reader.count("value types", MAX_PARTS); left > 0; left--) {
    const [byte = 0] = readReferenceType(reader);
    names.push(NUMBER_TYPES.get(byte) ?? "ref");
  }
  return `(${names.join(", ")})`;
}
