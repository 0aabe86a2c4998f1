/** What passes between the app's thread and a worker by message: what is too large for a slot. */
import type { FilePart } from "../base/read-part.js";
import type { PolicyBoard } from "../fs/policy-board.js";
import type { WritableBoard } from "../fs/writable-board.js";
import type { MemoryType, ModuleExport, ModuleImport } from "../wasm/module-info.js";
import type { CompiledComponent, CompiledCore } from "./compiled-module.js";
import type { DenialReport } from "./denial-message.js";
import type { Bell } from "./doorbell.js";
import type { HostFrameMessage } from "./host-frames.js";
import type { MessagePort } from "node:worker_threads";

/** What the app and all workers share, whichever container they are busy with. */
export interface SharedBoards {
  /** Counters of writable layers and of mounts with a quota. */
  readonly board: WritableBoard;
  /** What of the containers' grants is taken back, and what was used. */
  readonly policies: PolicyBoard;
}

/** Given to the pool, for all workers. */
export interface WorkerShared extends SharedBoards {
  /** The store's folder of what is prepared: V8's code of the worker's own bundles is kept there too. */
  readonly prepared: string | undefined;
}

export interface WorkerStart extends WorkerShared {
  readonly mailbox: SharedArrayBuffer;
  readonly bell: Bell;
  readonly port: MessagePort;
}

/** To the worker. */
export type WorkerMessage =
  | ModuleMessage
  | { readonly type: "drop-module"; readonly id: number }
  | {
      readonly type: "order";
      readonly id: number;
      readonly spec: string;
      readonly stdin: Uint8Array;
    }
  | { readonly type: "drop-order"; readonly id: number }
  /** The memory of a `TraceRing` for the order of that number. */
  | { readonly type: "trace"; readonly id: number; readonly ring: SharedArrayBuffer }
  | { readonly type: "drop-trace"; readonly id: number }
  /** Memory of the rings between the worker's processes and the services of the app. */
  | { readonly type: "host-rings"; readonly buffer: SharedArrayBuffer }
  | HostFrameMessage
  | CompileMessage
  | CompileCoresMessage;

/** A module that the worker keeps until told to drop it. */
export interface ModuleMessage {
  readonly type: "module";
  readonly id: number;
  readonly module: WebAssembly.Module;
  /** Memories to import, and the module name under which. */
  readonly memories: readonly MemoryType[];
  readonly memoryModule: string;
  /** Of a component, in place of the module; its types stay with the app. */
  readonly component?: Omit<CompiledComponent, "types">;
}

export interface CompileMessage {
  readonly type: "compile";
  readonly source: FilePart | { readonly bytes: Uint8Array };
  /** Elements that all tables of an instance may have together. */
  readonly tableElements: number;
  /** The types that the process has compiled, counted by all workers. */
  readonly types: Int32Array;
}

/** The core modules of a component. */
export interface CompileCoresMessage {
  readonly type: "compile-cores";
  readonly cores: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  /** For each core instance, the index of its module in `cores`. */
  readonly instances: readonly number[];
  /** Elements that all tables of all instances may have together. */
  readonly tableElements: number;
  readonly types: Int32Array;
}

/** From the worker. */
export type WorkerAnswer = CompileAnswer | DenialReport | HostFrameMessage;

/** The answer to a `compile` or `compile-cores`. */
export type CompileAnswer =
  | { readonly type: "compiled-cores"; readonly cores: readonly CompiledCore[] }
  | {
      readonly type: "compiled";
      readonly module: WebAssembly.Module;
      readonly memoryModule: string;
      readonly imports: readonly ModuleImport[];
      readonly exports: readonly ModuleExport[];
      /** All memories, those that it imports first. */
      readonly memories: readonly MemoryType[];
    }
  | { readonly type: "component" }
  | { readonly type: "unknown-imports"; readonly imports: readonly string[] }
  | { readonly type: "invalid"; readonly problem: string }
  /** The file could not be read. */
  | { readonly type: "unreadable"; readonly problem: string };
