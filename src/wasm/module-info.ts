/** What the header, imports, exports, memories and tables of a module say: plain, cloneable data. */
export interface Limits {
  /** Pages of 64 KiB for a memory, elements for a table. */
  readonly initial: number;
  readonly maximum?: number;
}

export interface MemoryType extends Limits {
  readonly shared: boolean;
  /** Addresses have 64 bits (memory64). */
  readonly address64: boolean;
}

export interface TableType extends Limits {
  readonly address64: boolean;
  /** The element type as the binary has it: one byte, or a byte and a heap type. */
  readonly elementType: readonly number[];
}

/** What a module imports or exports. */
export type ExternKind = "function" | "table" | "memory" | "global" | "tag";

export interface ModuleImport {
  readonly module: string;
  readonly name: string;
  readonly kind: ExternKind;
  /** Of a function, as text: `(i32, i64) -> (i32)`; undefined for a type of a form not known here. */
  readonly signature?: string;
  /** Of a memory: what the host makes for it. */
  readonly memory?: MemoryType;
}

export interface ModuleExport {
  readonly name: string;
  readonly kind: ExternKind;
  readonly index: number;
  /** Of a function, as that of an import. */
  readonly signature?: string;
}

/** Where a section lies in the module's bytes. */
export interface Section {
  readonly id: number;
  /** Offset of the id byte. */
  readonly start: number;
  /** Offset of the content, after the size. */
  readonly content: number;
  readonly end: number;
}

export interface CoreModuleInfo {
  readonly kind: "core";
  readonly imports: readonly ModuleImport[];
  readonly exports: readonly ModuleExport[];
  /** Memories that the module defines itself, after the imported ones in index order. */
  readonly memories: readonly MemoryType[];
  readonly tables: readonly TableType[];
  /** Index of the start function. */
  readonly start?: number;
  readonly sections: readonly Section[];
}

export type ModuleInfo = CoreModuleInfo | { readonly kind: "component" };

/** Size of a page of linear memory, in bytes. */
export const PAGE_BYTES = 65_536;
/** Pages that 32-bit addresses reach: 4 GiB. */
export const MAX_PAGES = 65_536;
