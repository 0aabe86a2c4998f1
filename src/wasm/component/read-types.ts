import { ModuleFormatError } from "../byte-reader.js";
import { readImport } from "../read-module.js";
import { readMemoryType, readReferenceType, readTableType } from "../read-type.js";
import { ExternNames } from "./name-list.js";
import { MAX_ITEMS, MAX_NAME_BYTES, type PartReader } from "./part-reader.js";
import { readAlias } from "./read-instances.js";

/** Types of components and instances that lie in each other: tools write three levels. */
export const MAX_TYPE_DEPTH = 32;
/** Bytes of a value type's index: a signed LEB128 of 33 bits. */
const MAX_S33_BYTES = 5;

const COMPONENT = 0x41;
const INSTANCE = 0x42;
const CORE_MODULE = 0x50;
const CORE_FUNCTION = 0x60;

/** One type of a component (component model, "Binary format": type). */
export function readType(part: PartReader, depth = 0): void {
  if (depth > MAX_TYPE_DEPTH) throw new ModuleFormatError(`types more than ${MAX_TYPE_DEPTH} deep`);
  const { reader } = part;
  const form = reader.byte();
  switch (form) {
    case COMPONENT:
    case INSTANCE:
      readDeclarations(part, form, depth);
      break;
    // A function, an async function: parameters, then one result or none.
    case 0x40:
    case 0x43:
      part.named("parameter", "parameters", () => readValueType(part));
      if (reader.byte() === 0) readValueType(part);
      else if (reader.byte() !== 0) part.fail("form of result");
      break;
    // A resource with its destructor, one with an async destructor and its callback.
    case 0x3f:
      readReferenceType(reader);
      readOptional(part, () => reader.u32());
      break;
    case 0x3e:
      readReferenceType(reader);
      reader.u32();
      readOptional(part, () => reader.u32());
      break;
    default:
      readDefinedType(part, form);
  }
}

function readDefinedType(part: PartReader, form: number): void {
  const { reader } = part;
  switch (form) {
    case 0x72:
      part.named("record field", "fields", () => readValueType(part));
      break;
    case 0x71:
      part.named("variant case", "cases", () => {
        readOptional(part, () => readValueType(part));
        readOptional(part, () => reader.u32());
      });
      break;
    case 0x6e:
      part.named("flag", "flags");
      break;
    case 0x6d:
      part.named("enum case", "cases");
      break;
    case 0x6f:
      part.each("members", () => readValueType(part));
      break;
    // A list, an option.
    case 0x70:
    case 0x6b:
      readValueType(part);
      break;
    case 0x67:
      readValueType(part);
      reader.u32();
      break;
    // A map of keys to values.
    case 0x63:
      readValueType(part);
      readValueType(part);
      break;
    // A result.
    case 0x6a:
      readOptional(part, () => readValueType(part));
      readOptional(part, () => readValueType(part));
      break;
    // A stream, a future.
    case 0x66:
    case 0x65:
      readOptional(part, () => readValueType(part));
      break;
    // Handles: own, borrow.
    case 0x69:
    case 0x68:
      reader.u32();
      break;
    default:
      // Primitive types, and an error context.
      if ((form < 0x73 || form > 0x7f) && form !== 0x64) part.fail("type");
  }
}

function readDeclarations(part: PartReader, form: number, depth: number): void {
  const { reader } = part;
  const imports = new ExternNames();
  const exports = new ExternNames();
  part.each("declarations", () => {
    const kind = reader.byte();
    switch (kind) {
      case 0x00:
        readCoreType(part);
        break;
      case 0x01:
        readType(part, depth + 1);
        break;
      case 0x02:
        readAlias(part);
        break;
      case 0x03:
        if (form === INSTANCE) part.fail("declaration");
        imports.add(part.externName(), part.externDescription());
        break;
      case 0x04:
        exports.add(part.externName(), part.externDescription());
        break;
      default:
        part.fail("declaration");
    }
  });
  part.noteExterns("type import", imports);
  part.noteExterns("type export", exports);
}

/** A type of core modules: of a function, or of a module with what it imports and exports. */
export function readCoreType(part: PartReader): void {
  const form = part.reader.byte();
  if (form === CORE_FUNCTION) {
    readFunctionType(part);
    return;
  }
  if (form !== CORE_MODULE) part.fail("core type");
  const { reader } = part;
  const imports: string[] = [];
  const exports: string[] = [];
  part.each("declarations", () => {
    switch (reader.byte()) {
      case 0x00: {
        const { module, name } = readImport(reader, undefined, []);
        imports.push(module, name);
        break;
      }
      case 0x01:
        if (reader.byte() !== CORE_FUNCTION) part.fail("core type");
        readFunctionType(part);
        break;
      case 0x02:
        part.coreSort();
        if (reader.byte() !== 1) part.fail("target of alias");
        reader.u32();
        reader.u32();
        break;
      case 0x03:
        exports.push(reader.name(MAX_NAME_BYTES));
        readCoreDescription(part);
        break;
      default:
        part.fail("declaration");
    }
  });
  part.note("core type import", imports);
  part.note("core type export", exports);
}

function readFunctionType(part: PartReader): void {
  for (const what of ["parameters", "results"]) {
    for (let left = part.reader.count(what, MAX_ITEMS); left > 0; left--) {
      readReferenceType(part.reader);
    }
  }
}

/** What a core module exports: a function, table, memory, global or tag with its type. */
function readCoreDescription(part: PartReader): void {
  const { reader } = part;
  switch (reader.byte()) {
    case 0x00:
      reader.u32();
      break;
    case 0x01:
      readTableType(reader);
      break;
    case 0x02:
      readMemoryType(reader);
      break;
    case 0x03:
      readReferenceType(reader);
      reader.byte();
      break;
    case 0x04:
      reader.byte();
      reader.u32();
      break;
    default:
      part.fail("kind of export");
  }
}

/** A primitive type, or the index of a type. */
function readValueType(part: PartReader): void {
  part.reader.skipSigned(MAX_S33_BYTES);
}

function readOptional(part: PartReader, read: () => void): void {
  const present = part.reader.byte();
  if (present === 1) read();
  else if (present !== 0) part.fail("form of optional part");
}
