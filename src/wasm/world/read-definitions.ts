import { ByteReader, ModuleFormatError } from "../byte-reader.js";
import type { Definition, SortIndex } from "./definition.js";
import {
  Budget,
  MAX_ITEMS,
  readDescription,
  readExternName,
  readName,
  readSort,
  readTypeDefinition,
} from "./read-type-definition.js";

const SECTION_COMPONENT = 4;
const SECTION_INSTANCE = 5;
const SECTION_ALIAS = 6;
const SECTION_TYPE = 7;
const SECTION_CANON = 8;
const SECTION_IMPORT = 10;
const SECTION_EXPORT = 11;
const LAST_SECTION = 12;

const HEADER_BYTES = 8;
/** Version 0x0d of layer 1. */
const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];
/** Components inside of components: tools write two or three. */
const MAX_DEPTH = 32;

/**
 * Reads what a component defines (component model, "Binary format"), except for its core modules, core
 * instances and values, which are passed over.
 *
 * Throws a {@link ModuleFormatError} for bytes that are no such component.
 */
export function readDefinitions(bytes: Uint8Array): Definition[] {
  return readComponentBody(bytes, 0, bytes.length, new Budget(), 0);
}

function readComponentBody(
  bytes: Uint8Array,
  start: number,
  end: number,
  budget: Budget,
  depth: number,
): Definition[] {
  if (depth > MAX_DEPTH) throw new ModuleFormatError(`components deeper than ${MAX_DEPTH}`);
  if (end - start < HEADER_BYTES || HEADER.some((byte, at) => bytes[start + at] !== byte)) {
    throw new ModuleFormatError(`the bytes at ${start} do not begin a component`);
  }
  const body: Definition[] = [];
  const reader = new ByteReader(bytes, start + HEADER_BYTES, end);
  while (!reader.done) {
    budget.take();
    const id = reader.byte();
    const size = reader.u32();
    const content = reader.position;
    if (id > LAST_SECTION) throw new ModuleFormatError(`unknown section ${id} at byte ${content}`);
    if (size > end - content) {
      throw new ModuleFormatError(`section ${id} of ${size} bytes passes the end`);
    }
    reader.position = content + size;
    if (id === SECTION_COMPONENT) {
      const inner = readComponentBody(bytes, content, content + size, budget, depth + 1);
      body.push({ kind: "component", body: inner });
      continue;
    }
    const read = READERS.get(id);
    if (read === undefined) continue;
    const section = new ByteReader(bytes, content, content + size);
    for (let left = section.count("definitions", MAX_ITEMS); left > 0; left--) {
      budget.take();
      const definition = read(section, budget);
      if (definition !== undefined) body.push(definition);
    }
    if (!section.done) {
      throw new ModuleFormatError(`section ${id} has bytes left over at ${section.position}`);
    }
  }
  return body;
}

type Read = (reader: ByteReader, budget: Budget) => Definition | undefined;

const READERS: ReadonlyMap<number, Read> = new Map<number, Read>([
  [SECTION_INSTANCE, readInstance],
  [SECTION_ALIAS, (reader) => readAlias(reader)],
  [
    SECTION_TYPE,
    (reader, budget) => ({
      kind: "type",
      type: readTypeDefinition(reader, budget, readDeclaration),
    }),
  ],
  [SECTION_CANON, (reader) => readCanon(reader)],
  [
    SECTION_IMPORT,
    (reader) => ({
      kind: "import",
      name: readExternName(reader),
      description: readDescription(reader),
    }),
  ],
  [SECTION_EXPORT, readExport],
]);

function readInstance(reader: ByteReader, budget: Budget): Definition {
  const form = reader.byte();
  if (form === 0) {
    const component = reader.u32();
    return { kind: "instantiate", component, args: readNamed(reader, budget, readName) };
  }
  if (form === 1) return { kind: "bundle", exports: readNamed(reader, budget, readExternName) };
  throw unknown(reader, "form of instance");
}

function readNamed(
  reader: ByteReader,
  budget: Budget,
  nameOf: (reader: ByteReader) => string,
): [string, SortIndex][] {
  const named: [string, SortIndex][] = [];
  for (let left = reader.count("names", MAX_ITEMS); left > 0; left--) {
    budget.take();
    const name = nameOf(reader);
    named.push([name, { sort: readSort(reader), index: reader.u32() }]);
  }
  return named;
}

function readAlias(reader: ByteReader): Definition | undefined {
  const sort = readSort(reader);
  const target = reader.byte();
  if (target === 0) {
    const instance = reader.u32();
    return { kind: "alias-export", sort, instance, name: readName(reader) };
  }
  if (target === 1) {
    reader.u32();
    readName(reader);
    return undefined;
  }
  if (target === 2) {
    return { kind: "alias-outer", sort, count: reader.u32(), index: reader.u32() };
  }
  throw unknown(reader, "target of an alias");
}

function readExport(reader: ByteReader): Definition {
  const name = readExternName(reader);
  const item = { sort: readSort(reader), index: reader.u32() };
  const form = reader.byte();
  if (form > 1) throw unknown(reader, "form of export");
  const description = form === 1 ? readDescription(reader) : undefined;
  return { kind: "export", name, item, description };
}

const LIFT = 0x00;
const LOWER = 0x01;
/** `resource.new`, `resource.drop`, `resource.rep`. */
const RESOURCE_FUNCTIONS: ReadonlySet<number> = new Set([0x02, 0x03, 0x04]);
/** Canonical options without a number: the encodings, and `async`. */
const PLAIN_OPTIONS: ReadonlySet<number> = new Set([0x00, 0x01, 0x02, 0x06]);
/** `memory`, `realloc`, `post-return`, `callback`. */
const NUMBERED_OPTIONS: ReadonlySet<number> = new Set([0x03, 0x04, 0x05, 0x07]);

function readCanon(reader: ByteReader): Definition | undefined {
  const opcode = reader.byte();
  if (opcode === LIFT || opcode === LOWER) {
    if (reader.byte() !== 0) throw unknown(reader, "form of canonical function");
    reader.u32();
    for (let left = reader.count("canonical options", MAX_ITEMS); left > 0; left--) {
      const option = reader.byte();
      if (NUMBERED_OPTIONS.has(option)) reader.u32();
      else if (!PLAIN_OPTIONS.has(option)) throw unknown(reader, "canonical option");
    }
    return opcode === LIFT ? { kind: "lift", type: reader.u32() } : undefined;
  }
  if (!RESOURCE_FUNCTIONS.has(opcode)) {
    throw new ModuleFormatError(`canonical function ${opcode} is of no version that is run here`);
  }
  reader.u32();
  return undefined;
}

/** One declaration of an instance's or a component's type. */
function readDeclaration(reader: ByteReader, budget: Budget): Definition | undefined {
  budget.take();
  switch (reader.byte()) {
    // 0x00 is a core type: only the types of core modules stand there, which no tool writes.
    case 0x01:
      return { kind: "type", type: readTypeDefinition(reader, budget, readDeclaration) };
    case 0x02:
      return readAlias(reader);
    case 0x03:
      return { kind: "import", name: readExternName(reader), description: readDescription(reader) };
    case 0x04:
      return {
        kind: "export-type",
        name: readExternName(reader),
        description: readDescription(reader),
      };
    default:
      throw unknown(reader, "declaration");
  }
}

function unknown(reader: ByteReader, what: string): ModuleFormatError {
  return new ModuleFormatError(`unknown ${what} at byte ${reader.position - 1}`);
}
