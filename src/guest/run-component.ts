import type { IncomingHead } from "../base/incoming-messages.js";
import type { HostCalls } from "../wasi/host-calls.js";
import { serveCalls } from "./call-loop.js";
import type { ComponentCode, ComponentExports, ComponentImports } from "./component-code.js";
import { readThrown } from "./component-errors.js";
import type { GuestSpec } from "./guest-spec.js";
import { hostFunctions } from "./host-functions.js";
import { handleRequest, serveRequests } from "./http-loop.js";
import type { Kernel, KernelProcess } from "./kernel.js";

export interface ComponentOrder extends Pick<GuestSpec, "program" | "hostFunctions"> {}

/** What a process that serves calls needs beside that. */
export interface CallTimes {
  /** A call begins, after a wait: from here on its time counts. */
  begin(): void;
  /** Nothing is to be done: no time counts. */
  idle(): void;
}

export interface ComponentProcess extends KernelProcess {
  readonly times: CallTimes;
}

const NO_IMPORTS: ComponentImports = {};

/**
 * Runs a component once, as a fresh instance, on the calling thread, and answers its exit code. Throws what
 * ended it otherwise.
 */
export function runComponent(
  order: ComponentOrder,
  code: ComponentCode,
  kernel: Kernel,
  process: ComponentProcess,
  memories: readonly WebAssembly.Memory[],
  request?: IncomingHead,
): number {
  kernel.beginComponent(process);
  const { host } = process;
  const named = order.hostFunctions ?? [];
  const own = named.length === 0 || host === undefined ? NO_IMPORTS : hostFunctions(named, host);
  const imports =
    own === NO_IMPORTS ? kernel.componentImports : { ...kernel.componentImports, ...own };
  const exports = code.instantiate(imports, memories);
  if (order.program === "calls") serveCalls(exports, mustHave(host), process.times);
  else if (order.program === "http") {
    serveRequests(exports, kernel.handled, mustHave(host), process.times);
  } else if (request !== undefined) handleRequest(exports, kernel.handled, request);
  else return runCommand(exports);
  return 0;
}

function mustHave(host: HostCalls | undefined): HostCalls {
  if (host === undefined) throw new Error("a process that serves has no services");
  return host;
}

/** wasi:cli/run: an error result is exit code 1. */
function runCommand(exports: ComponentExports): number {
  const name = Object.keys(exports).find((key) => key.startsWith("wasi:cli/run@"));
  const command = exports[name ?? ""] as { readonly run?: unknown } | undefined;
  const run = command?.run;
  if (typeof run !== "function") throw new WebAssembly.RuntimeError("there is no wasi:cli/run");
  try {
    run();
    return 0;
  } catch (error) {
    const thrown = readThrown(error);
    if (thrown.kind === "result") return 1;
    throw thrown.error;
  }
}
