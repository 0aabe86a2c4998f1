import type { ImageWorld } from "../image/image-world.js";
import type { WasmKind } from "../layer/wasm-kind.js";
import type { Digest } from "../oci/digest.js";
import type { ExternKind } from "../wasm/module-info.js";
import type { GrantUse } from "./import-grants.js";

/** What an image's programs import, and what of the grants that could use: plain data. */
export interface Requirements {
  readonly digest: Digest;
  readonly reference?: string;
  /** Path of the program that runs without a word about it; absent if the image names none. */
  readonly entry?: string;
  /** Every WebAssembly file of the image, by path. */
  readonly programs: readonly ProgramRequirements[];
}

/** What one module or component wants of its host. */
export interface ProgramRequirements {
  /** Absolute in the image. */
  readonly path: string;
  readonly kind: WasmKind;
  /** In bytes. */
  readonly size: number;
  /** What it is to its host, and the WASI that it is made for; absent if it cannot be read. */
  readonly world?: Pick<ImageWorld, "kind" | "wasi">;
  /**
   * The grants that its imports could make use of; what is not here, it cannot use at all. An import says
   * what a program may do, not that it does.
   */
  readonly grants: readonly GrantUse[];
  /** By module or interface: `wasi_snapshot_preview1` with its functions, `wasi:io/streams@0.2.0` with none. */
  readonly imports: readonly ImportedNames[];
  /** What nothing provides, `env.log`, or with another type: it cannot run here as it is. */
  readonly unknownImports: readonly string[];
  /** Those it defines and those it imports; of a component none, for they lie inside. */
  readonly memories: readonly MemoryRequirement[];
  readonly tables: readonly TableRequirement[];
  readonly exports: readonly { readonly name: string; readonly kind: string }[];
  /** It has a start function, which runs before any export is called. */
  readonly hasStartFunction: boolean;
  /** Lists are cut at 1,000 names, and names at 200 characters; true if any was. */
  readonly truncated: boolean;
  /** Why it cannot be read; everything else is empty then. */
  readonly problem?: string;
}

/** Names that a program imports of one module. */
export interface ImportedNames {
  readonly module: string;
  readonly functions: readonly string[];
  /** Memories, tables, globals and tags. */
  readonly others: readonly { readonly name: string; readonly kind: ExternKind }[];
}

/** A linear memory. */
export interface MemoryRequirement {
  readonly imported: boolean;
  /** At the start, in bytes; `limits.memoryBytes` below it lets no process begin. */
  readonly minimumBytes: number;
  /** In bytes; absent if the module declares none. */
  readonly maximumBytes?: number;
  /** Addresses have 64 bits. */
  readonly address64: boolean;
  readonly shared: boolean;
}

/** A table, in elements. */
export interface TableRequirement {
  readonly minimum: number;
  readonly maximum?: number;
}
