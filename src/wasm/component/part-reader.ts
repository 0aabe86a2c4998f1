import { type ByteReader, ModuleFormatError } from "../byte-reader.js";
import { readDescription } from "../read-component.js";
import type { ExternNames, NamedSort, NameKind, NameLists } from "./name-list.js";

/** Bytes of one name in a component: V8's own limit for strings of a module. */
export const MAX_NAME_BYTES = 100_000;
/** Items of one list: the reference implementation's limit for most of them. */
export const MAX_ITEMS = 100_000;
/** Options of one name: two kinds are known. */
const MAX_NAME_OPTIONS = 16;
const CORE = 0x00;
const FUNCTION = 0x01;
const INSTANCE = 0x05;
/** The bound of a type that is a new resource; the other one is equal to a type. */
const NEW_RESOURCE = 0x01;
/** Functions, tables, memories, globals, tags; types, modules, instances. */
const CORE_SORTS: readonly number[] = [0x00, 0x01, 0x02, 0x03, 0x04, 0x10, 0x11, 0x12];

/** Reads the parts of one section, type or nested component, and notes the names that it passes. */
export class PartReader {
  readonly reader: ByteReader;
  readonly where: string;
  readonly #lists: NameLists;

  constructor(reader: ByteReader, where: string, lists: NameLists) {
    this.reader = reader;
    this.where = where;
    this.#lists = lists;
  }

  /** The same bytes, for a part of which the messages say another place. */
  within(part: string): PartReader {
    return new PartReader(this.reader, joinPlaces(this.where, part), this.#lists);
  }

  each(what: string, item: (index: number) => void): void {
    const count = this.reader.count(what, MAX_ITEMS);
    for (let index = 0; index < count; index++) item(index);
  }

  /** A vector of items that begin with a name; `rest` reads what follows each of them. */
  named(kind: NameKind, what: string, rest?: () => void): void {
    const names: string[] = [];
    this.each(what, () => {
      names.push(this.name());
      rest?.();
    });
    this.note(kind, names);
  }

  name(): string {
    return this.reader.name(MAX_NAME_BYTES);
  }

  note(kind: NameKind, names: readonly string[]): void {
    this.#lists.add(kind, this.where, names);
  }

  noteExterns(kind: NameKind, { names, sorts }: ExternNames): void {
    this.#lists.add(kind, this.where, names, sorts);
  }

  /** Name of an import or export of a component: 0x00 or 0x01 name, or 0x02 name option*. */
  externName(): string {
    const form = this.reader.byte();
    if (form > 2) this.fail("form of name");
    const name = this.name();
    if (form === 2) {
      const texts: string[] = [];
      for (let left = this.reader.count("name options", MAX_NAME_OPTIONS); left > 0; left--) {
        this.reader.byte();
        texts.push(this.name());
      }
      this.note("name option", texts);
    }
    return name;
  }

  /** What an import is, or what an export is said to be. */
  externDescription(): NamedSort {
    const start = this.reader.position;
    const sort = readDescription(this.reader);
    if (sort === "function" || sort === "instance") return sort;
    if (sort !== "type") return "other";
    const end = this.reader.position;
    this.reader.position = start + 1;
    const isNew = this.reader.byte() === NEW_RESOURCE;
    this.reader.position = end;
    return isNew ? "resource" : "other";
  }

  sort(): NamedSort {
    const sort = this.reader.byte();
    if (sort === CORE) this.coreSort();
    else if (sort > INSTANCE) this.fail("sort");
    if (sort === FUNCTION) return "function";
    return sort === INSTANCE ? "instance" : "other";
  }

  coreSort(): void {
    if (!CORE_SORTS.includes(this.reader.byte())) this.fail("core sort");
  }

  fail(what: string): never {
    throw new ModuleFormatError(`unknown ${what} at byte ${this.reader.position - 1}`);
  }
}

export function joinPlaces(outer: string, inner: string): string {
  return outer === "" ? inner : `${outer}, ${inner}`;
}
