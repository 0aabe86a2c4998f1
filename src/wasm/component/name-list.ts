import { ModuleFormatError } from "../byte-reader.js";

/** What a list of names is of. The core kinds come from core modules and how they are put together. */
export type NameKind =
  | "core import module"
  | "core import field"
  | "core export"
  | "core argument"
  | "core inline export"
  | "core alias"
  | "core type import"
  | "core type export"
  | "import"
  | "export"
  | "argument"
  | "inline export"
  | "alias"
  | "type import"
  | "type export"
  | "record field"
  | "variant case"
  | "flag"
  | "enum case"
  | "parameter"
  | "name option"
  | "custom section";

/** What the name of an import or export is of. */
export type NamedSort = "function" | "resource" | "instance" | "other";

/** Names that stand side by side in a component: the fields of one record, the exports of one module. */
export interface NameList {
  readonly kind: NameKind;
  /** The part that has them, from the outside in: `component 2, core module 3`. Empty for the whole. */
  readonly where: string;
  readonly names: readonly string[];
  /**
   * Of imports, exports and what their types have: of what each name is. A resource that is exported may
   * be `other`: nothing says it there.
   */
  readonly sorts?: readonly NamedSort[];
}

/** Names and what they are of, while they are read. */
export class ExternNames {
  readonly names: string[] = [];
  readonly sorts: NamedSort[] = [];

  add(name: string, sort: NamedSort): void {
    this.names.push(name);
    this.sorts.push(sort);
  }
}

/** Names of one component. The largest programs of Python and JavaScript have some ten thousand. */
export const MAX_COMPONENT_NAMES = 200_000;
/** Bytes of all names: four times what the largest known components have. */
export const MAX_COMPONENT_NAMES_BYTES = 16 * 2 ** 20;

/** Collects the lists of one component, and holds the limits that are of all of them together. */
export class NameLists {
  readonly lists: NameList[] = [];
  #names = 0;
  #bytes = 0;

  add(kind: NameKind, where: string, names: readonly string[], sorts?: readonly NamedSort[]): void {
    if (names.length === 0) return;
    this.#names += names.length;
    if (this.#names > MAX_COMPONENT_NAMES) {
      throw new ModuleFormatError(`more than ${MAX_COMPONENT_NAMES} names`);
    }
    for (const name of names) this.#bytes += name.length;
    if (this.#bytes > MAX_COMPONENT_NAMES_BYTES) {
      throw new ModuleFormatError(`names of more than ${MAX_COMPONENT_NAMES_BYTES} bytes`);
    }
    this.lists.push(sorts === undefined ? { kind, where, names } : { kind, where, names, sorts });
  }
}
