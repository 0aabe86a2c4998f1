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
const SECTION_TYPE = 1;
export const SECTION_IMPORT = 2;
export const SECTION_TABLE = 4;
export const SECTION_MEMORY = 5;
export const SECTION_EXPORT = 7;
const SECTION_FUNCTION = 3;
const SECTION_START = 8;

/** The order that the spec (5.5.2) prescribes; 13 are tags, 12 is the data count. */
const SECTION_ORDER = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];

/** Imports of one module: V8's own limit. */
const MAX_IMPORTS = 1_000_000;
/** Functions that a module defines: V8's own limit. */
const MAX_FUNCTIONS = 1_000_000;
/** Exports of one module: V8's own limit. */
const MAX_EXPORTS = 1_000_000;
/** Sections, custom ones included: far above the 12 kinds, and a bound for debug information. */
const MAX_SECTIONS = 10_000;
/** Bytes of one import or export name: V8's own limit for strings of a module. */
const MAX_NAME_BYTES = 100_000;
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
  /** Of the functions by index, the imported ones first. */
  const signatures: (string | undefined)[] = [];
  let start: number | undefined;
  for (const section of sections) {
    const reader = new ByteReader(bytes, section.content, section.end);
    switch (section.id) {
      case SECTION_TYPE:
        types = new TypeSection(bytes, section.content, section.end);
        continue;
      case SECTION_IMPORT:
        readVector(reader, "imports", MAX_IMPORTS, () => imports.push(readImport(reader, types)));
        for (const { kind, signature } of imports) {
          if (kind === "function") signatures.push(signature);
        }
        break;
      case SECTION_FUNCTION:
        readVector(reader, "functions", MAX_FUNCTIONS, () => {
          signatures.push(types?.signature(reader.u32()));
        });
        break;
      case SECTION_TABLE:
        readVector(reader, "tables", MAX_TABLES, () => tables.push(readTableType(reader)));
        break;
      case SECTION_MEMORY:
        readVector(reader, "memories", MAX_MEMORIES, () => memories.push(readMemoryType(reader)));
        break;
      case SECTION_EXPORT:
        readVector(reader, "exports", MAX_EXPORTS, () =>
          exports.push(readExport(reader, signatures)),
        );
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

function readImport(reader: ByteReader, types: TypeSection | undefined): ModuleImport {
  const module = reader.name(MAX_NAME_BYTES);
  const name = reader.name(MAX_NAME_BYTES);
  const kind = readKind(reader);
  switch (kind) {
    case "function": {
      const index = reader.u32();
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

function readExport(reader: ByteReader, signatures: readonly (string | undefined)[]): ModuleExport {
  const entry = { name: reader.name(MAX_NAME_BYTES), kind: readKind(reader), index: reader.u32() };
  const signature = entry.kind === "function" ? signatures[entry.index] : undefined;
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
