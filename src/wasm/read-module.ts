import { ByteReader, ModuleFormatError } from "./byte-reader.js";
import type {
  CoreModuleInfo,
  ExternKind,
  MemoryType,
  ModuleExport,
  ModuleImport,
  ModuleInfo,
  Section,
  TableType,
} from "./module-info.js";
import { readMemoryType, readReferenceType, readTableType } from "./read-type.js";
import { TypeSection } from "./type-section.js";

export const SECTION_CUSTOM = 0;
export const SECTION_TYPE = 1;
export const SECTION_IMPORT = 2;
export const SECTION_TABLE = 4;
export const SECTION_MEMORY = 5;
export const SECTION_EXPORT = 7;
const SECTION_FUNCTION = 3;
export const SECTION_START = 8;

/** The order that the spec (5.5.2) prescribes; 13 are tags, 12 is the data count. */
const SECTION_ORDER = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];

/** Imports of one module: the host has 91 functions, the largest glue code some thousand. */
export const MAX_IMPORTS = 10_000;
/** Functions that a module defines. V8 takes a million, in 100 MB; the largest programs have 150,000. */
export const MAX_FUNCTIONS = 250_000;
/** Exports of one module: each is an object for the app's thread to read, and for each run to make. */
export const MAX_EXPORTS = 50_000;
/** Sections, custom ones included: far above the 12 kinds, and a bound for debug information. */
export const MAX_SECTIONS = 10_000;
/** Bytes of one import or export name: V8's own limit for strings of a module. */
export const MAX_NAME_BYTES = 100_000;
/** Bytes of all names of imports and exports: mangled names of C++ take some hundred bytes each. */
export const MAX_ALL_NAMES_BYTES = 16 * 2 ** 20;
/** Memories and tables: V8's own limit for tables. */
const MAX_MEMORIES = 100;
const MAX_TABLES = 100_000;

const KINDS: readonly ExternKind[] = ["function", "table", "memory", "global", "tag"];

/**
 * Reads what a loader must know about a module, in one pass over the section headers; code and data
 * are not looked at, so that a module of 30 MB takes microseconds.
 *
 * Throws a {@link ModuleFormatError} for bytes that are no module, and for nothing else. Bytes that
 * pass may still fail to validate: the compiler has the last word.
 */
export function readModule(bytes: Uint8Array): ModuleInfo {
  if (readHeader(bytes) === "component") return { kind: "component" };
  const sections = readSections(bytes);
  const imports: ModuleImport[] = [];
  const exports: ModuleExport[] = [];
  const memories: MemoryType[] = [];
  const tables: TableType[] = [];
  let types: TypeSection | undefined;
  /** Type of each function by its index, the imported ones first. */
  const functionTypes: number[] = [];
  let namesBytes = 0;
  const countNames = (from: number, to: number): void => {
    namesBytes += to - from;
    if (namesBytes > MAX_ALL_NAMES_BYTES) {
      throw new ModuleFormatError(`names of more than ${MAX_ALL_NAMES_BYTES} bytes`);
    }
  };
  let start: number | undefined;
  for (const section of sections) {
    const reader = new ByteReader(bytes, section.content, section.end);
    switch (section.id) {
      case SECTION_TYPE:
        types = new TypeSection(bytes, section.content, section.end);
        continue;
      case SECTION_IMPORT:
        readVector(reader, "imports", MAX_IMPORTS, () => {
          const from = reader.position;
          imports.push(readImport(reader, types, functionTypes));
          countNames(from, reader.position);
        });
        break;
      case SECTION_FUNCTION:
        readVector(reader, "functions", MAX_FUNCTIONS, () => functionTypes.push(reader.u32()));
        break;
      case SECTION_TABLE:
        readVector(reader, "tables", MAX_TABLES, () => tables.push(readTableType(reader)));
        break;
      case SECTION_MEMORY:
        readVector(reader, "memories", MAX_MEMORIES, () => memories.push(readMemoryType(reader)));
        break;
      case SECTION_EXPORT:
        readVector(reader, "exports", MAX_EXPORTS, () => {
          const from = reader.position;
          exports.push(readExport(reader, types, functionTypes));
          countNames(from, reader.position);
        });
        break;
      case SECTION_START:
        start = reader.u32();
        break;
      default:
        continue;
    }
    if (!reader.done) {
      throw new ModuleFormatError(
        `section ${section.id} has bytes left over at ${reader.position}`,
      );
    }
  }
  const info = { kind: "core", imports, exports, memories, tables, sections } as const;
  return start === undefined ? info : ({ ...info, start } satisfies CoreModuleInfo);
}

/** "\0asm", then a version and a layer: 1, 0 for a core module; the layer is 1 for a component. */
function readHeader(bytes: Uint8Array): "core" | "component" {
  if (bytes.length < 8)
    throw new ModuleFormatError(`${bytes.length} bytes are too few for a module`);
  const word = new DataView(bytes.buffer, bytes.byteOffset, 8);
  if (word.getUint32(0, false) !== 0x00_61_73_6d) {
    throw new ModuleFormatError("the magic bytes \\0asm are missing");
  }
  const version = word.getUint16(4, true);
  const layer = word.getUint16(6, true);
  if (layer === 1) return "component";
  if (layer !== 0 || version !== 1) {
    throw new ModuleFormatError(`unknown version ${version} of layer ${layer}`);
  }
  return "core";
}

function readSections(bytes: Uint8Array): Section[] {
  const reader = new ByteReader(bytes, 8);
  const sections: Section[] = [];
  let place = -1;
  while (!reader.done) {
    const start = reader.position;
    const id = reader.byte();
    const size = reader.u32();
    const content = reader.position;
    if (size > bytes.length - content) {
      throw new ModuleFormatError(`section ${id} of ${size} bytes passes the end of the module`);
    }
    if (id !== SECTION_CUSTOM) {
      const at = SECTION_ORDER.indexOf(id);
      if (at === -1) throw new ModuleFormatError(`unknown section ${id} at byte ${start}`);
      if (at <= place)
        throw new ModuleFormatError(`section ${id} at byte ${start} is out of order`);
      place = at;
    }
    if (sections.length === MAX_SECTIONS) {
      throw new ModuleFormatError(`more than ${MAX_SECTIONS} sections`);
    }
    reader.position = content + size;
    sections.push({ id, start, content, end: reader.position });
  }
  return sections;
}

function readVector(reader: ByteReader, what: string, max: number, item: () => void): void {
  for (let left = reader.count(what, max); left > 0; left--) item();
}

/** One import (spec, 5.5.5); the type of a function is added to `functionTypes`. */
export function readImport(
  reader: ByteReader,
  types: TypeSection | undefined,
  functionTypes: number[],
): ModuleImport {
  const module = reader.name(MAX_NAME_BYTES);
  const name = reader.name(MAX_NAME_BYTES);
  const kind = readKind(reader);
  switch (kind) {
    case "function": {
      const index = reader.u32();
      functionTypes.push(index);
      const signature = types?.signature(index);
      return signature === undefined ? { module, name, kind } : { module, name, kind, signature };
    }
    case "table":
      readTableType(reader);
      break;
    case "memory":
      return { module, name, kind, memory: readMemoryType(reader) };
    case "global":
      readReferenceType(reader);
      reader.byte();
      break;
    case "tag":
      reader.byte();
      reader.u32();
  }
  return { module, name, kind };
}

function readExport(
  reader: ByteReader,
  types: TypeSection | undefined,
  functionTypes: readonly number[],
): ModuleExport {
  const entry = { name: reader.name(MAX_NAME_BYTES), kind: readKind(reader), index: reader.u32() };
  const type = entry.kind === "function" ? functionTypes[entry.index] : undefined;
  const signature = type === undefined ? undefined : types?.signature(type);
  return signature === undefined ? entry : { ...entry, signature };
}

function readKind(reader: ByteReader): ExternKind {
  const kind = KINDS[reader.byte()];
  if (kind === undefined)
    throw new ModuleFormatError(`unknown kind at byte ${reader.position - 1}`);
  return kind;
}

/** Where a section of this id belongs among others: an index to compare, -1 for custom sections. */
export function sectionPlace(id: number): number {
  return SECTION_ORDER.indexOf(id);
}
