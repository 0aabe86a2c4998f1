import { ByteReader, ModuleFormatError } from "./byte-reader.js";
import { ByteWriter } from "./byte-writer.js";
import type { CoreModuleInfo, MemoryType, Section, TableType } from "./module-info.js";
import {
  readImport,
  SECTION_IMPORT,
  SECTION_MEMORY,
  SECTION_TABLE,
  sectionPlace,
} from "./read-module.js";
import { ADDRESS_64, SHARED } from "./read-type.js";

/**
 * Elements of all tables of a module together, unless another number is asked for: a table lives outside
 * the linear memory (8 to 16 bytes an element), so that a guest that grows it would pass its memory limit.
 * CPython uses 7,000.
 */
export const MAX_TABLE_ELEMENTS = 1_000_000;
/** Memories of one module: each takes 8 to 10 GiB of address space. */
export const MAX_MODULE_MEMORIES = 8;
/** Tables of one module: each is an object of its own; compilers make one. */
export const MAX_MODULE_TABLES = 100;

const KIND_MEMORY = 2;

export interface RewrittenModule {
  /** The module with its memories imported and its tables capped. */
  readonly bytes: Uint8Array;
  /** Module name under which the memories are imported, as "0", "1", … by their place in `memories`. */
  readonly memoryModule: string;
  /** The memories that the host makes, those that the module imported by itself first, if it makes them. */
  readonly memories: readonly MemoryType[];
}

/**
 * Gives the host the ownership of a module's memories: an imported one, whatever its name, is imported
 * under the host's name, and each defined one becomes an import behind the existing ones, so that memory
 * indices stay as they are. Each table's maximum is capped, so that all together stay within
 * `tableElements`. All other sections are copied as they are.
 *
 * @param imported - `"host"`: the host makes the memories that the module imports too; `"kept"`: they stay
 * imports as they are, for another module's instance has them.
 *
 * Throws a {@link ModuleFormatError} for too many memories or tables, and for tables that begin larger
 * than `tableElements`.
 */
export function rewriteModule(
  bytes: Uint8Array,
  info: CoreModuleInfo,
  tableElements: number = MAX_TABLE_ELEMENTS,
  imported: "host" | "kept" = "host",
): RewrittenModule {
  const replaced = imported === "host" ? importedMemories(info) : [];
  const memories = [...replaced, ...info.memories];
  checkCount(memories.length, MAX_MODULE_MEMORIES, "memories");
  checkCount(info.tables.length, MAX_MODULE_TABLES, "tables");
  const memoryModule = freeModuleName(info);
  const imports = importSection(bytes, info, memoryModule, memories.length, imported);
  const tables = tableSection(info.tables, tableElements);
  const parts: Uint8Array[] = [bytes.subarray(0, 8)];
  let importsWritten = imports === undefined;
  for (const section of info.sections) {
    if (
      !importsWritten &&
      imports !== undefined &&
      sectionPlace(section.id) >= sectionPlace(SECTION_IMPORT)
    ) {
      parts.push(imports);
      importsWritten = true;
    }
    if (section.id === SECTION_MEMORY) continue;
    if (section.id === SECTION_IMPORT && imports !== undefined) continue;
    if (section.id === SECTION_TABLE) parts.push(tables);
    else parts.push(bytes.subarray(section.start, section.end));
  }
  if (!importsWritten && imports !== undefined) parts.push(imports);
  return { bytes: concat(parts), memoryModule, memories };
}

function checkCount(count: number, most: number, what: string): void {
  if (count > most) throw new ModuleFormatError(`${count} ${what}, at most ${most} are accepted`);
}

function importedMemories({ imports }: CoreModuleInfo): MemoryType[] {
  const names = new Set<string>();
  return imports.flatMap(({ module, name, memory }) => {
    if (memory === undefined) return [];
    const full = JSON.stringify([module, name]);
    // They would have to be one memory.
    if (names.has(full)) throw new ModuleFormatError(`memory ${full} is imported twice`);
    names.add(full);
    return [memory];
  });
}

/** A name that no import of the module uses; a guest cannot ask for the host's names by guessing. */
function freeModuleName(info: CoreModuleInfo): string {
  const taken = new Set(info.imports.map((entry) => entry.module));
  let name = "safedock:memory";
  for (let number = 2; taken.has(name); number++) name = `safedock:memory${number}`;
  return name;
}

function importSection(
  bytes: Uint8Array,
  info: CoreModuleInfo,
  memoryModule: string,
  memories: number,
  imported: "host" | "kept",
): Uint8Array | undefined {
  if (memories === 0) return undefined;
  const content = new ByteWriter();
  content.u32(info.imports.length + info.memories.length);
  let index = 0;
  const writeMemory = ({ initial, maximum, shared, address64 }: MemoryType): void => {
    content.name(memoryModule);
    content.name(String(index++));
    content.byte(KIND_MEMORY);
    content.limits(initial, maximum, (shared ? SHARED : 0) | (address64 ? ADDRESS_64 : 0));
  };
  const old = info.sections.find((section) => section.id === SECTION_IMPORT);
  if (old !== undefined && imported === "kept") {
    const entries = new ByteReader(bytes, old.content, old.end);
    entries.u32();
    content.bytes(bytes.subarray(entries.position, old.end));
  } else if (old !== undefined) copyImports(bytes, old, content, writeMemory);
  info.memories.forEach(writeMemory);
  return section(SECTION_IMPORT, content);
}

function copyImports(
  bytes: Uint8Array,
  { content, end }: Section,
  into: ByteWriter,
  writeMemory: (memory: MemoryType) => void,
): void {
  const reader = new ByteReader(bytes, content, end);
  for (let left = reader.u32(); left > 0; left--) {
    const start = reader.position;
    const { memory } = readImport(reader, undefined, []);
    if (memory === undefined) into.bytes(bytes.subarray(start, reader.position));
    else writeMemory(memory);
  }
}

/** What the initial sizes leave is shared out evenly; what one cannot use is left to those behind it. */
function tableSection(tables: readonly TableType[], most: number): Uint8Array {
  const asked = tables.reduce((sum, { initial }) => sum + initial, 0);
  if (asked > most) {
    throw new ModuleFormatError(
      `its tables begin with ${asked} elements, the limit (tableElements) is ${most}`,
    );
  }
  const content = new ByteWriter();
  content.u32(tables.length);
  let room = most - asked;
  tables.forEach(({ elementType, initial, maximum = Infinity, address64 }, index) => {
    const share = Math.floor(room / (tables.length - index));
    const growth = Math.min(maximum - initial, share);
    room -= growth;
    for (const byte of elementType) content.byte(byte);
    content.limits(initial, initial + growth, address64 ? ADDRESS_64 : 0);
  });
  return section(SECTION_TABLE, content);
}

function section(id: number, content: ByteWriter): Uint8Array {
  const writer = new ByteWriter();
  writer.byte(id);
  const bytes = content.take();
  writer.u32(bytes.length);
  writer.bytes(bytes);
  return writer.take();
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
