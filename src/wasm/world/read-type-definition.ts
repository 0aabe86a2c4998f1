import { type ByteReader, ModuleFormatError } from "../byte-reader.js";
import type { Definition, Description, Sort, TypeDefinition, TypeUse } from "./definition.js";

/** Definitions, fields, cases and names of one component together: the largest worlds have a few thousand. */
const MAX_DEFINITIONS = 200_000;
/** Of one list; the whole is bounded by {@link MAX_DEFINITIONS}. */
export const MAX_ITEMS = 100_000;
/** Bytes of one name, as for the names of core modules. */
const MAX_NAME_BYTES = 100_000;
/** Types of instances and components inside of each other. */
const MAX_TYPE_DEPTH = 32;
/** Options of one name: two kinds are known. */
const MAX_NAME_OPTIONS = 16;

/** What reading one component may come to. */
export class Budget {
  depth = 0;
  #left = MAX_DEFINITIONS;

  take(): void {
    if (this.#left-- === 0) {
      throw new ModuleFormatError(`more than ${MAX_DEFINITIONS} definitions and names`);
    }
  }
}

const PRIMITIVES: ReadonlyMap<number, TypeUse> = new Map<number, TypeUse>([
  [0x7f, "bool"],
  [0x7e, "s8"],
  [0x7d, "u8"],
  [0x7c, "s16"],
  [0x7b, "u16"],
  [0x7a, "s32"],
  [0x79, "u32"],
  [0x78, "s64"],
  [0x77, "u64"],
  [0x76, "f32"],
  [0x75, "f64"],
  [0x74, "char"],
  [0x73, "string"],
  [0x64, "error-context"],
]);

const SORTS: ReadonlyMap<number, Sort> = new Map<number, Sort>([
  [0x01, "function"],
  [0x02, "value"],
  [0x03, "type"],
  [0x04, "component"],
  [0x05, "instance"],
]);

/** A sort; those of core WebAssembly have a second byte. */
export function readSort(reader: ByteReader): Sort {
  const byte = reader.byte();
  if (byte === 0) {
    reader.byte();
    return "core";
  }
  const sort = SORTS.get(byte);
  if (sort === undefined) throw unknown(reader, "sort");
  return sort;
}

export function readName(reader: ByteReader): string {
  return reader.name(MAX_NAME_BYTES);
}

/** The name of an import or export: forms 0 and 1 mean the same, 2 is followed by options. */
export function readExternName(reader: ByteReader): string {
  const form = reader.byte();
  if (form > 2) throw unknown(reader, "form of name");
  const name = readName(reader);
  if (form < 2) return name;
  for (let left = reader.count("name options", MAX_NAME_OPTIONS); left > 0; left--) {
    reader.byte();
    readName(reader);
  }
  return name;
}

export function readDescription(reader: ByteReader): Description {
  const sort = readSort(reader);
  switch (sort) {
    case "core":
      reader.u32();
      return { sort };
    case "value":
      if (reader.byte() === 0) reader.u32();
      else readUse(reader);
      return { sort };
    case "type": {
      const bound = reader.byte();
      if (bound > 1) throw unknown(reader, "bound of a type");
      return { sort, equals: bound === 0 ? reader.u32() : undefined };
    }
    default:
      return { sort, type: reader.u32() };
  }
}

type ReadDeclaration = (reader: ByteReader, budget: Budget) => Definition | undefined;

/** A type; `declaration` reads one line of an instance's or a component's. */
export function readTypeDefinition(
  reader: ByteReader,
  budget: Budget,
  declaration: ReadDeclaration,
): TypeDefinition {
  const form = reader.byte();
  const primitive = PRIMITIVES.get(form);
  if (primitive !== undefined) return { kind: "primitive", type: primitive };
  switch (form) {
    case 0x72:
      return { kind: "record", fields: many(reader, budget, () => readField(reader)) };
    case 0x71:
      return { kind: "variant", cases: many(reader, budget, () => readCase(reader)) };
    case 0x70:
      return { kind: "list", element: readUse(reader) };
    case 0x67:
      return { kind: "list", element: readUse(reader), length: reader.u32() };
    case 0x6f:
      return { kind: "tuple", elements: many(reader, budget, () => readUse(reader)) };
    case 0x6e:
      return { kind: "flags", labels: many(reader, budget, () => readName(reader)) };
    case 0x6d:
      return { kind: "enum", labels: many(reader, budget, () => readName(reader)) };
    case 0x6b:
      return { kind: "option", some: readUse(reader) };
    case 0x6a:
      return { kind: "result", ok: optionalUse(reader), err: optionalUse(reader) };
    case 0x69:
      return { kind: "own", type: reader.u32() };
    case 0x68:
      return { kind: "borrow", type: reader.u32() };
    case 0x66:
      optionalUse(reader);
      return { kind: "stream" };
    case 0x65:
      optionalUse(reader);
      return { kind: "future" };
    case 0x40:
    case 0x43:
      return readFunction(reader, budget, form === 0x43);
    case 0x3f:
      return readResource(reader);
    case 0x41:
    case 0x42: {
      const kind = form === 0x41 ? "component" : "instance";
      return { kind, body: readBody(reader, budget, declaration) };
    }
    default:
      throw unknown(reader, "type");
  }
}

function readFunction(reader: ByteReader, budget: Budget, async: boolean): TypeDefinition {
  const params = many(reader, budget, () => readField(reader));
  const results = reader.byte();
  if (results === 0) return { kind: "function", params, result: readUse(reader), async };
  if (results !== 1 || reader.byte() !== 0) throw unknown(reader, "form of results");
  return { kind: "function", params, result: undefined, async };
}

/** Its representation is i32; the destructor is a core function. */
function readResource(reader: ByteReader): TypeDefinition {
  if (reader.byte() !== 0x7f) throw unknown(reader, "representation of a resource");
  const hasDestructor = reader.byte();
  if (hasDestructor > 1) throw unknown(reader, "destructor");
  if (hasDestructor === 1) reader.u32();
  return { kind: "resource" };
}

function readBody(
  reader: ByteReader,
  budget: Budget,
  declaration: ReadDeclaration,
): readonly Definition[] {
  if (++budget.depth > MAX_TYPE_DEPTH) {
    throw new ModuleFormatError(`types of instances deeper than ${MAX_TYPE_DEPTH}`);
  }
  const body: Definition[] = [];
  for (let left = reader.count("declarations", MAX_ITEMS); left > 0; left--) {
    const definition = declaration(reader, budget);
    if (definition !== undefined) body.push(definition);
  }
  budget.depth--;
  return body;
}

function many<T>(reader: ByteReader, budget: Budget, read: () => T): T[] {
  const items: T[] = [];
  for (let left = reader.count("parts of a type", MAX_ITEMS); left > 0; left--) {
    budget.take();
    items.push(read());
  }
  return items;
}

function readField(reader: ByteReader): readonly [string, TypeUse] {
  return [readName(reader), readUse(reader)];
}

function readCase(reader: ByteReader): readonly [string, TypeUse | undefined] {
  const name = readName(reader);
  const type = optionalUse(reader);
  // A refinement of another case: never used.
  if (reader.byte() !== 0) throw unknown(reader, "case");
  return [name, type];
}

function optionalUse(reader: ByteReader): TypeUse | undefined {
  const form = reader.byte();
  if (form === 0) return undefined;
  if (form !== 1) throw unknown(reader, "option");
  return readUse(reader);
}

/** A primitive type's byte, or a number: a signed LEB128 of 33 bits that is not negative. */
function readUse(reader: ByteReader): TypeUse {
  const start = reader.position;
  const primitive = PRIMITIVES.get(reader.byte());
  if (primitive !== undefined) return primitive;
  reader.position = start;
  let index = 0;
  for (let factor = 1; ; factor *= 128) {
    const byte = reader.byte();
    index += (byte & 0x7f) * factor;
    if (byte < 0x80) {
      if ((byte & 0x40) !== 0 || index > 0xffff_ffff) throw unknown(reader, "type");
      return index;
    }
    if (factor === 128 ** 4) throw unknown(reader, "number of a type");
  }
}

function unknown(reader: ByteReader, what: string): ModuleFormatError {
  return new ModuleFormatError(`unknown ${what} at byte ${reader.position - 1}`);
}
