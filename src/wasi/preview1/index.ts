/**
 * The preview 1 adapter: WASI's first ABI over the kernel, under both of its names.
 *
 * One object per worker, made once. A worker runs one guest at a time:
 *
 *     const preview1 = createPreview1();
 *     preview1.begin(context, memory);           // memory: the guest's linear memory 0
 *     try {
 *       new WebAssembly.Instance(module, preview1.imports) … _start()
 *     } finally {
 *       code = preview1.exit.code;               // undefined: the guest has not called proc_exit
 *       preview1.end();                          // closes what it left open
 *     }
 *
 * Outside `begin` … `end`, and once a guest has exited, every function throws `exit`.
 */
import type { Context } from "../context.js";
import type { ExitSignal } from "../exit-signal.js";
import type { HttpFunctionName } from "../http-module/function-types.js";
import { httpFunctions } from "../http-module/index.js";
import { argsFunctions } from "./args.js";
import { Caller } from "./caller.js";
import { clockFunctions } from "./clock.js";
import { environFunctions } from "./environ.js";
import { fdFileFunctions } from "./fd-file.js";
import { fdIoFunctions } from "./fd-io.js";
import { fdPositionFunctions, UNSTABLE_WHENCE } from "./fd-position.js";
import { fdReaddirFunctions } from "./fd-readdir.js";
import { fdTableFunctions } from "./fd-table.js";
import { UNSTABLE_FILESTAT } from "./filestat.js";
import type { FunctionName } from "./function-types.js";
import { pathFunctions } from "./path.js";
import { pathOpenFunctions } from "./path-open.js";
import { pollFunctions } from "./poll.js";
import { procFunctions } from "./proc.js";
import { randomFunctions } from "./random.js";
import { schedFunctions } from "./sched.js";
import { sockFunctions } from "./sock.js";
import { UNSTABLE_SUBSCRIPTION } from "./subscription.js";

export type Preview1Functions = Record<FunctionName, WebAssembly.ImportFunction>;

export interface Preview1 {
  readonly imports: {
    readonly wasi_snapshot_preview1: Preview1Functions;
    readonly wasi_unstable: Omit<Preview1Functions, "sock_accept">;
    readonly safedock_http: Record<HttpFunctionName, WebAssembly.ImportFunction>;
  };
  /** Thrown by `proc_exit`, and by every call after it. */
  readonly exit: ExitSignal;
  /**
   * Begins a process, which from here on owns the context's namespace: its preopens become descriptors
   * 3, 4, …. What the former process left open is closed first. The same context again only changes
   * the memory.
   */
  begin(context: Context, memory: WebAssembly.Memory): void;
  /** Ends it: closes its descriptors and its namespace, lets go of its memory. Ending twice is fine. */
  end(): void;
}

export function createPreview1(): Preview1 {
  const caller = new Caller();
  const functions: Preview1Functions = {
    ...argsFunctions(caller),
    ...environFunctions(caller),
    ...clockFunctions(caller),
    ...fdIoFunctions(caller),
    ...fdPositionFunctions(caller),
    ...fdTableFunctions(caller),
    ...fdFileFunctions(caller),
    ...fdReaddirFunctions(caller),
    ...pathOpenFunctions(caller),
    ...pathFunctions(caller),
    ...pollFunctions(caller),
    ...procFunctions(caller),
    ...randomFunctions(caller),
    ...schedFunctions(caller),
    ...sockFunctions(caller),
  };
  const { sock_accept: _, ...unstable } = {
    ...functions,
    ...fdPositionFunctions(caller, UNSTABLE_WHENCE),
    ...fdFileFunctions(caller, UNSTABLE_FILESTAT),
    ...pathFunctions(caller, UNSTABLE_FILESTAT),
    ...pollFunctions(caller, UNSTABLE_SUBSCRIPTION),
  };
  return {
    imports: {
      wasi_snapshot_preview1: functions,
      wasi_unstable: unstable,
      safedock_http: httpFunctions(caller),
    },
    exit: caller.exit,
    begin: (context, memory) => caller.begin(context, memory),
    end: () => caller.end(),
  };
}
