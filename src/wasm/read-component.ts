import { ByteReader, ModuleFormatError } from "./byte-reader.js";

/** What an import or export of a component is (component model, "Binary format": sort). */
export type ComponentSort =
  | "core module"
  | "function"
  | "value"
  | "type"
  | "component"
  | "instance"
  | "other";

export interface ComponentExtern {
  /** As written: `wasi:cli/run@0.2.0`, or a plain name. */
  readonly name: string;
  readonly sort: ComponentSort;
}

/** What a component wants of its host and offers to it; what lies inside of it is not looked at. */
export interface ComponentInfo {
  readonly imports: readonly ComponentExtern[];
  readonly exports: readonly ComponentExtern[];
}

/** The one that all tools write. */
export const COMPONENT_VERSION = 0x0d;
export const COMPONENT_IMPORTS = 10;
export const COMPONENT_EXPORTS = 11;
/** Values; the highest section that there is. */
const LAST_SECTION = 12;

/** Sections of one component: tools write types, aliases and imports by turns, some hundred at most. */
export const MAX_COMPONENT_SECTIONS = 100_000;
/** Imports or exports of a component: the reference implementation's limit for one section. */
const MAX_EXTERNS = 100_000;
/** Bytes of one name: V8's limit for core modules, the reference implementation's for components. */
const MAX_NAME_BYTES = 100_000;
/** Options of one name: two kinds are known. */
const MAX_NAME_OPTIONS = 16;
/** Bytes of a value type's index: a signed LEB128 of 33 bits. */
const MAX_S33_BYTES = 5;

const SORTS: readonly ComponentSort[] = [
  "core module",
  "function",
  "value",
  "type",
  "component",
  "instance",
];

/**
 * Reads the names of a component's own imports and exports (component model, "Binary format", version
 * 0x0d). Modules and components inside of it, types and everything else are skipped by their size.
 *
 *     00 61 73 6d  0d 00  01 00      magic, version, layer
 *     id size content …              sections, any number of each kind
 *     import ::= name externdesc     export ::= name sort index externdesc?
 *
 * Throws a {@link ModuleFormatError} for bytes that are no component, and for nothing else.
 */
export function readComponent(bytes: Uint8Array): ComponentInfo {
  readComponentHeader(bytes);
  const reader = new ByteReader(bytes, 8);
  const imports: ComponentExtern[] = [];
  const exports: ComponentExtern[] = [];
  for (let count = 0; !reader.done; count++) {
    if (count === MAX_COMPONENT_SECTIONS) {
      throw new ModuleFormatError(`more than ${MAX_COMPONENT_SECTIONS} sections`);
    }
    const start = reader.position;
    const id = reader.byte();
    const size = reader.u32();
    const content = reader.position;
    if (id > LAST_SECTION) throw new ModuleFormatError(`unknown section ${id} at byte ${start}`);
    if (size > bytes.length - content) {
      throw new ModuleFormatError(`section ${id} of ${size} bytes passes the end of the component`);
    }
    reader.position = content + size;
    if (id === COMPONENT_IMPORTS) {
      readSection(new ByteReader(bytes, content, content + size), "imports", imports, readImport);
    } else if (id === COMPONENT_EXPORTS) {
      readSection(new ByteReader(bytes, content, content + size), "exports", exports, readExport);
    }
  }
  return { imports, exports };
}

/** Checks the first eight bytes; returns the version. */
export function readComponentHeader(bytes: Uint8Array): number {
  if (bytes.length < 8) {
    throw new ModuleFormatError(`${bytes.length} bytes are too few for a component`);
  }
  const word = new DataView(bytes.buffer, bytes.byteOffset, 8);
  if (word.getUint32(0) !== 0x00_61_73_6d || word.getUint16(6, true) !== 1) {
    throw new ModuleFormatError("the first bytes are not those of a component");
  }
  return word.getUint16(4, true);
}

function readSection(
  reader: ByteReader,
  what: string,
  found: ComponentExtern[],
  read: (reader: ByteReader) => ComponentExtern,
): void {
  for (let left = reader.count(what, MAX_EXTERNS); left > 0; left--) {
    if (found.length === MAX_EXTERNS)
      throw new ModuleFormatError(`more than ${MAX_EXTERNS} ${what}`);
    found.push(read(reader));
  }
  if (!reader.done) {
    throw new ModuleFormatError(`the ${what} have bytes left over at ${reader.position}`);
  }
}

function readImport(reader: ByteReader): ComponentExtern {
  const name = readName(reader);
  return { name, sort: readDescription(reader) };
}

function readExport(reader: ByteReader): ComponentExtern {
  const name = readName(reader);
  const sort = readSort(reader);
  reader.u32();
  switch (reader.byte()) {
    case 0:
      return { name, sort };
    case 1:
      return { name, sort: readDescription(reader) };
    default:
      throw new ModuleFormatError(`unknown kind of export at byte ${reader.position - 1}`);
  }
}

/** A first byte of 0 or 1 means the same; 2 is followed by options, which change nothing here. */
function readName(reader: ByteReader): string {
  const form = reader.byte();
  if (form > 2) throw new ModuleFormatError(`unknown form of name at byte ${reader.position - 1}`);
  const name = reader.name(MAX_NAME_BYTES);
  if (form === 2) {
    for (let left = reader.count("name options", MAX_NAME_OPTIONS); left > 0; left--) {
      reader.byte();
      reader.name(MAX_NAME_BYTES);
    }
  }
  return name;
}

function readSort(reader: ByteReader): ComponentSort {
  const sort = reader.byte();
  // The core sorts have a second byte; of them only modules can be exported.
  if (sort === 0) return reader.byte() === 0x11 ? "core module" : "other";
  return SORTS[sort] ?? fail(reader, "sort");
}

/** What an import is, or is said to be, with its type. */
export function readDescription(reader: ByteReader): ComponentSort {
  const kind = reader.byte();
  const sort = SORTS[kind] ?? fail(reader, "kind of import");
  switch (sort) {
    case "core module":
      if (reader.byte() !== 0x11) fail(reader, "core sort");
      reader.u32();
      break;
    case "value":
      // A value that is equal to another one, or a type.
      if (reader.byte() === 0) reader.u32();
      else reader.skipSigned(MAX_S33_BYTES);
      break;
    case "type":
      // A type that is equal to another one, or a new resource.
      if (reader.byte() === 0) reader.u32();
      break;
    default:
      reader.u32();
  }
  return sort;
}

function fail(reader: ByteReader, what: string): never {
  throw new ModuleFormatError(`unknown ${what} at byte ${reader.position - 1}`);
}
