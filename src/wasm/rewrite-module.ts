import { ByteReader, ModuleFormatError } from "./byte-reader.js";
import type { CoreModuleInfo, MemoryType, Section, TableType } from "./module-info.js";
import { ByteWriter } from "./byte-writer.js";
import { SECTION_IMPORT, SECTION_MEMORY, SECTION_TABLE, sectionPlace } from "./read-module.js";

/**
 * Elements of one table: a table lives outside the linear memory (8 to 16 bytes an element), so that a
 * guest that grows it would pass its memory limit. CPython uses 7,000.
 */
export const MAX_TABLE_ELEMENTS = 1_000_000;
/** Memories of one module: each takes 8 to 10 GiB of address space. */
export const MAX_MODULE_MEMORIES = 8;
/** Tables of one module, so that all together stay below 160 MB. */
export const MAX_MODULE_TABLES = 10;

const KIND_MEMORY = 2;

export interface RewrittenModule {
  /** The module with its memories imported and its tables capped. */
  readonly bytes: Uint8Array;
  /** Module name under which the memories are imported, as "0", "1", … in the order of `memories`. */
  readonly memoryModule: string;
}

/**
 * Gives the host the ownership of a module's memories: each defined memory becomes an import behind
 * the existing ones, so that memory indices stay as they are, and each table's maximum is capped.
 * All other sections are copied as they are.
 *
 * Throws a {@link ModuleFormatError} for shared and 64-bit memories, which preview 1 has no use for,
 * and for tables larger than {@link MAX_TABLE_ELEMENTS}.
 */
export function rewriteModule(bytes: Uint8Array, info: CoreModuleInfo): RewrittenModule {
  info.memories.forEach(checkMemory);
  if (info.memories.length > MAX_MODULE_MEMORIES) {
    throw new ModuleFormatError(
      `${info.memories.length} memories, at most ${MAX_MODULE_MEMORIES} are accepted`,
    );
  }
  if (info.tables.length > MAX_MODULE_TABLES) {
    throw new ModuleFormatError(
      `${info.tables.length} tables, at most ${MAX_MODULE_TABLES} are accepted`,
    );
  }
  const memoryModule = freeModuleName(info);
  const imports = importSection(bytes, info, memoryModule);
  const tables = tableSection(info.tables);
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
  return { bytes: concat(parts), memoryModule };
}

function checkMemory(memory: MemoryType): void {
  if (memory.shared) throw new ModuleFormatError("shared memories (threads) are not supported");
  if (memory.address64) throw new ModuleFormatError("64-bit memories are not supported");
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
): Uint8Array | undefined {
  if (info.memories.length === 0) return undefined;
  const content = new ByteWriter();
  content.u32(info.imports.length + info.memories.length);
  const old = info.sections.find((section) => section.id === SECTION_IMPORT);
  if (old !== undefined) content.bytes(withoutCount(bytes, old));
  info.memories.forEach((memory, index) => {
    content.name(memoryModule);
    content.name(String(index));
    content.byte(KIND_MEMORY);
    content.limits(memory.initial, memory.maximum);
  });
  return section(SECTION_IMPORT, content);
}

function withoutCount(bytes: Uint8Array, { content, end }: Section): Uint8Array {
  const reader = new ByteReader(bytes, content, end);
  reader.u32();
  return bytes.subarray(reader.position, end);
}

function tableSection(tables: readonly TableType[]): Uint8Array {
  const content = new ByteWriter();
  content.u32(tables.length);
  for (const table of tables) {
    if (table.address64) throw new ModuleFormatError("64-bit tables are not supported");
    if (table.initial > MAX_TABLE_ELEMENTS) {
      throw new ModuleFormatError(
        `table of ${table.initial} elements, at most ${MAX_TABLE_ELEMENTS} are accepted`,
      );
    }
    for (const byte of table.elementType) content.byte(byte);
    content.limits(
      table.initial,
      Math.min(table.maximum ?? MAX_TABLE_ELEMENTS, MAX_TABLE_ELEMENTS),
    );
  }
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
