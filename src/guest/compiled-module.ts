import type { MemoryType, ModuleExport, ModuleImport } from "../wasm/module-info.js";

/** Where a module's bytes are: part of a host file (a file in an image's tar), or memory. */
export type ModuleSource = (
  | { readonly file: string; readonly offset: number; readonly length: number }
  | { readonly bytes: Uint8Array }
) & {
  /** Says that the bytes are the same: modules of one key are compiled once. A digest, as a rule. */
  readonly key: string;
  /** For messages: the path in the image. */
  readonly name: string;
};

/** A module ready to run: checked, its memories in the host's hands, compiled. */
export interface CompiledModule {
  readonly key: string;
  readonly name: string;
  /** Size of the module's bytes. */
  readonly size: number;
  readonly imports: readonly ModuleImport[];
  readonly exports: readonly ModuleExport[];
  /** Memories that the module defines. */
  readonly memories: readonly MemoryType[];
  /** The compiled code; it imports its memories. */
  readonly module: WebAssembly.Module;
  /** Module name under which the memories are imported. */
  readonly memoryModule: string;
  /** Number of the module in its pool. */
  readonly id: number;
}
