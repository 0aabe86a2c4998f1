import type { ComponentProgram } from "../component/prepared-component.js";
import type { WorldTypes } from "../wasm/world/world-types.js";
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
  /** Memories that the host makes: of a component, those of all core instances in their order. */
  readonly memories: readonly MemoryType[];
  /** The compiled code; it imports its memories. */
  readonly module: WebAssembly.Module;
  /** Module name under which the memories are imported. */
  readonly memoryModule: string;
  /** Number of the module in its pool. */
  readonly id: number;
  /** Of a component; `module` is an empty one then. */
  readonly component?: CompiledComponent;
}

/** One of the core modules of a component: checked, the memories that it defines in the host's hands. */
export interface CompiledCore {
  /** As the component's script asks for it. */
  readonly name: string;
  readonly module: WebAssembly.Module;
  /** Memories that the host makes for each instance, and the module name under which they are imported. */
  readonly memories: readonly MemoryType[];
  readonly memoryModule: string;
}

/** What a component has beside its core modules; as `PreparedComponent` says. */
export interface CompiledComponent {
  readonly key: string;
  readonly script: string;
  readonly codeCache: Uint8Array | undefined;
  readonly cores: readonly CompiledCore[];
  /** For each core instance, the index of its module in `cores`. */
  readonly instances: readonly number[];
  readonly types: WorldTypes;
  readonly programs: readonly ComponentProgram[];
}
