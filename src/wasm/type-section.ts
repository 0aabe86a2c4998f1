import { ByteReader, ModuleFormatError } from "./byte-reader.js";
import { readReferenceType } from "./read-type.js";

/**
 * Types of one module. V8 takes a million, but keeps each for the life of the process, and Node 20 spends
 * 70 µs on each; the largest C++ programs have one or two thousand.
 */
export const MAX_TYPES = 5_000;
/** Parameters of a function, results, supertypes: V8's own limits are the same or lower. */
const MAX_PARTS = 1_000;
/** Of a longer list of parameters or results the text says only how many more there are. */
const MAX_SHOWN_PARTS = 32;

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

/** One entry of the type section: a type, or several that refer to each other. */
export interface TypeGroup {
  /** The entry's bytes. */
  readonly start: number;
  readonly end: number;
  /** How many types. */
  readonly count: number;
  /** A function of numbers and plain references: the bytes alone say which type it is. */
  readonly plain: boolean;
}

/** The function types of a module (spec, 5.5.4), by type index. Each is read out when it is asked for. */
export class TypeSection {
  readonly #bytes: Uint8Array;
  /** Where a function type's parameters begin. */
  readonly #positions: number[] = [];
  readonly #signatures = new Map<number, string>();
  readonly #groups: TypeGroup[] = [];

  /** Refuses a form that is not known here: behind it, other types would not be seen. */
  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    const reader = new ByteReader(bytes, start, end);
    for (let left = reader.count("types", MAX_TYPES); left > 0; left--) {
      const first = reader.position;
      const before = this.#positions.length;
      const form = reader.byte();
      let plain = form === FUNCTION;
      if (form === RECURSION_GROUP) {
        for (let members = reader.count("types", MAX_TYPES); members > 0; members--) {
          this.#readSubtype(reader, reader.byte());
        }
      } else {
        plain = this.#readSubtype(reader, form) && plain;
      }
      const count = this.#positions.length - before;
      this.#groups.push({ start: first, end: reader.position, count, plain });
    }
  }

  get groups(): readonly TypeGroup[] {
    return this.#groups;
  }

  /** A function type as text, such as `(i32, i64) -> (i32)`; undefined if there is no such type. */
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

  /** Whether the type refers to no other one. */
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
    if (form !== FUNCTION) {
      throw new ModuleFormatError(`type of unknown form 0x${form.toString(16)}`);
    }
    if (this.#positions.length === MAX_TYPES) {
      throw new ModuleFormatError(`more than ${MAX_TYPES} types`);
    }
    this.#positions.push(reader.position);
    const plainParameters = skipValueTypes(reader);
    return skipValueTypes(reader) && plainParameters;
  }
}

/** Whether each is written as one byte, so that none refers to another type. */
function skipValueTypes(reader: ByteReader): boolean {
  let plain = true;
  for (let left = reader.count("value types", MAX_PARTS); left > 0; left--) {
    if (readReferenceType(reader).length > 1) plain = false;
  }
  return plain;
}

function readValueTypes(reader: ByteReader): string {
  const names: string[] = [];
  const count = reader.count("value types", MAX_PARTS);
  for (let at = 0; at < count; at++) {
    const [byte = 0] = readReferenceType(reader);
    if (at < MAX_SHOWN_PARTS) names.push(NUMBER_TYPES.get(byte) ?? "ref");
  }
  if (count > names.length) names.push(`and ${count - names.length} more`);
  return `(${names.join(", ")})`;
}
