/** A component as jco has taken it apart: plain data, made once, kept in the store, loaded by workers. */
import type { WorldTypes } from "../wasm/world/world-types.js";

/** A core module of it, as it lies in the component. */
export interface PreparedCore {
  /** As the script asks for it: `c.core.wasm`, `c.core2.wasm` … */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What a component can be run as: a `command` exports wasi:cli/run, `http` wasi:http/incoming-handler. */
export type ComponentProgram = "command" | "http";

export interface PreparedComponent {
  /** Of the component's digest, jco's version and the options: what differs in one has another key. */
  readonly key: string;
  /** A classic script whose value is a function of what the generated code may see, which gives `instantiate`. */
  readonly script: string;
  /** V8's cached data of the script, for the Node that made it. */
  readonly codeCache: Uint8Array | undefined;
  readonly cores: readonly PreparedCore[];
  /** For each core instance that the script makes, in order, the index of its module in `cores`. */
  readonly instances: readonly number[];
  /** As written in the component: `wasi:cli/exit@0.2.12`. */
  readonly imports: readonly string[];
  readonly exports: readonly string[];
  /** Of its functions, as `readWorldTypes` has read them off the app's thread. */
  readonly types: WorldTypes;
  readonly programs: readonly ComponentProgram[];
}
