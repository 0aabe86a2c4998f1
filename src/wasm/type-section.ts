import { ByteReader, ModuleFormatError } from "./byte-reader.js";
import { readReferenceType } from "./read-type.js";

/** Types of one module: V8's own limit. */
const MAX_TYPES = 1_000_000;
/** Parameters of a function, results, supertypes: V8's own limits are the same or lower. */
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
  /** Where a function type's parameters begin. */
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
    if (position === undefined) return undefined;
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
    // They live in the JavaScript heap, where no limit holds: two minutes of them fill a machine.
    if (form === STRUCT || form === ARRAY) {
      throw new ModuleFormatError("structs and arrays (garbage collection) are not supported");
    }
    if (form !== FUNCTION) return false;
    this.#positions.push(reader.position);
    skipValueTypes(reader);
    skipValueTypes(reader);
    return true;
  }
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
