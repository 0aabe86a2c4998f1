import { type ComponentCode, isThrownByGuest } from "./component-code.js";
import { type ComponentOrder, type ComponentProcess, runComponent } from "./run-component.js";
import type { MemoryType } from "../wasm/module-info.js";
import { PAGE_BYTES } from "../wasm/module-info.js";
import { SafedockError } from "../base/errors.js";
import {
  REASON_EXITED,
  REASON_FAILED,
  REASON_LIMIT,
  REASON_REFUSED,
  REASON_TRAPPED,
} from "./mailbox.js";
import { initialPages, type MemoryPlan, planMemories } from "./memory-plan.js";
import type { IncomingHead } from "../base/incoming-messages.js";
import { nextRequest } from "./http-loop.js";
import type { LimitName } from "./guest-spec.js";
import type { MemoryPool } from "./memory-pool.js";
import type { Kernel } from "./kernel.js";
import { packError } from "../base/packed-error.js";
import type { SlotUsage } from "./slot-usage.js";
import { CODE_KILLED } from "./verdict.js";

/** A module as a worker keeps it. */
export interface LoadedModule {
  readonly module: WebAssembly.Module;
  readonly memories: readonly MemoryType[];
  readonly memoryModule: string;
  /** In place of the module. */
  readonly code?: ComponentCode;
}

/** What to run, apart from what the kernel is told. */
export interface RunOrder extends ComponentOrder {
  readonly memoryBytes: number;
  readonly entry?: string;
}

export interface RunOutcome {
  readonly reason: number;
  readonly code: number;
  readonly detail: string | undefined;
  /** The limit that ended it, if one did. */
  readonly limit?: LimitName;
  /** The host's own code was cut short, so that the worker must not run another guest. */
  readonly spoilt?: boolean;
}

/** The code of a trapped program: what a shell says after SIGABRT. */
const CODE_TRAPPED = 134;

/** A process, with its use counted where the app sees it. */
export interface CountedProcess extends ComponentProcess {
  readonly usage: SlotUsage;
}

/** Runs a module on the calling thread: once, as a fresh instance, or so for each request of its app. */
export function runGuest(
  order: RunOrder,
  loaded: LoadedModule,
  kernel: Kernel,
  process: CountedProcess,
  pool: MemoryPool,
): RunOutcome {
  if (order.program !== "http-fresh") return runInstance(order, loaded, kernel, process, pool);
  const { host, times } = process;
  if (host === undefined) throw new Error("a process that serves has no services");
  for (;;) {
    const request = nextRequest(host, times, () => pool.zero());
    if (request === undefined) return { reason: REASON_EXITED, code: 0, detail: undefined };
    const outcome = runInstance(order, loaded, kernel, process, pool, request);
    if (outcome.reason !== REASON_EXITED || kernel.exitCode !== undefined) return outcome;
    host.renew();
  }
}

function runInstance(
  order: RunOrder,
  loaded: LoadedModule,
  kernel: Kernel,
  process: CountedProcess,
  pool: MemoryPool,
  request?: IncomingHead,
): RunOutcome {
  const plan = planMemories(loaded.memories, order.memoryBytes);
  if (plan === undefined) {
    const asked = initialPages(loaded.memories) * PAGE_BYTES;
    const detail = `the module asks for ${asked} bytes at its start, the limit is ${order.memoryBytes}`;
    return endedByLimit("memoryBytes", detail);
  }
  const memories = takeMemories(plan, pool);
  if (memories === undefined) return endedByLimit("memoryBytes", "the host has no memory left");
  const { usage } = process;
  usage.useMemories(memories);
  let outcome: RunOutcome;
  try {
    outcome = execute(order, loaded, kernel, process, memories, request);
  } finally {
    kernel.end();
    usage.end();
  }
  memories.forEach((memory, index) => {
    const sizes = plan[index];
    if (sizes !== undefined) pool.release(memory, sizes);
  });
  return outcome;
}

function endedByLimit(limit: LimitName, detail: string): RunOutcome {
  return { reason: REASON_LIMIT, code: CODE_KILLED, detail: `${limit}: ${detail}`, limit };
}

/** `undefined` when the host has no room for one of them. */
function takeMemories(
  plan: readonly MemoryPlan[],
  pool: MemoryPool,
): WebAssembly.Memory[] | undefined {
  try {
    return plan.map((sizes) => pool.take(sizes));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function execute(
  order: RunOrder,
  loaded: LoadedModule,
  kernel: Kernel,
  process: ComponentProcess,
  memories: readonly WebAssembly.Memory[],
  request: IncomingHead | undefined,
): RunOutcome {
  if (loaded.code !== undefined) {
    return executeComponent(order, loaded.code, kernel, process, memories, request);
  }
  const functions = process.trace?.wrap(kernel.imports) ?? kernel.imports;
  const imports: WebAssembly.Imports = Object.create(functions) as WebAssembly.Imports;
  if (memories.length > 0) {
    imports[loaded.memoryModule] = Object.fromEntries(memories.entries());
  }
  try {
    kernel.begin(process, memories[0] ?? NO_MEMORY);
    const { exports } = new WebAssembly.Instance(loaded.module, imports);
    const memory = exports["memory"];
    // A start function has run over memory 0 then; toolchains export the memory that they number 0.
    if (memories.length > 1 && memory instanceof WebAssembly.Memory && memory !== memories[0]) {
      kernel.useMemory(memory);
    }
    const entry = order.entry ?? "_start";
    const initialize = exports["_initialize"];
    if (entry !== "_start" && typeof initialize === "function") initialize();
    const main = exports[entry];
    if (typeof main !== "function") {
      return { reason: REASON_FAILED, code: 0, detail: `no exported function ${entry}` };
    }
    main();
  } catch (error) {
    if (kernel.exitCode === undefined) return describeFailure(error);
  }
  return { reason: REASON_EXITED, code: kernel.exitCode ?? 0, detail: undefined };
}

function executeComponent(
  order: RunOrder,
  code: ComponentCode,
  kernel: Kernel,
  process: ComponentProcess,
  memories: readonly WebAssembly.Memory[],
  request: IncomingHead | undefined,
): RunOutcome {
  try {
    const exitCode = runComponent(order, code, kernel, process, memories, request);
    return { reason: REASON_EXITED, code: kernel.exitCode ?? exitCode, detail: undefined };
  } catch (error) {
    const exitCode = kernel.exitCode;
    if (exitCode !== undefined) {
      return { reason: REASON_EXITED, code: exitCode, detail: undefined };
    }
    return describeComponentFailure(error);
  }
}

/** What generated code throws by itself says that the guest gave it what it must not: a trap. */
function describeComponentFailure(error: unknown): RunOutcome {
  const outcome = describeFailure(error);
  if (!(error instanceof Error)) return outcome;
  if (outcome.limit === "stack") return { ...outcome, spoilt: !isThrownByGuest(error) };
  if (outcome.reason !== REASON_FAILED) return outcome;
  if (!isThrownByGuest(error) && !(error instanceof WebAssembly.LinkError)) return outcome;
  return { reason: REASON_TRAPPED, code: CODE_TRAPPED, detail: error.message };
}

/** Of a module without memory: every pointer is out of its range. */
const NO_MEMORY = new WebAssembly.Memory({ initial: 0, maximum: 0 });

function describeFailure(error: unknown): RunOutcome {
  if (error instanceof SafedockError)
    return { reason: REASON_REFUSED, code: 0, detail: packError(error) };
  // V8 has no room for the instance, or for a table that the module asks for.
  if (error instanceof RangeError && error.message.startsWith("WebAssembly.Instance()")) {
    return endedByLimit("memoryBytes", "the host has no memory left");
  }
  // In the guest, or in a host call that it made from the end of its stack.
  if (error instanceof RangeError && error.message.startsWith("Maximum call stack")) {
    return {
      reason: REASON_TRAPPED,
      code: CODE_TRAPPED,
      detail: error.message,
      limit: "stack",
      spoilt: !endedInGuest(error),
    };
  }
  if (error instanceof WebAssembly.RuntimeError) {
    return { reason: REASON_TRAPPED, code: CODE_TRAPPED, detail: error.message };
  }
  if (!(error instanceof Error)) {
    return {
      reason: REASON_TRAPPED,
      code: CODE_TRAPPED,
      detail: "uncaught exception of the guest",
    };
  }
  return { reason: REASON_FAILED, code: 0, detail: error.stack ?? error.message, spoilt: true };
}

/** V8 names the innermost function first; a guest's has the address of its code behind it. */
function endedInGuest({ stack = "" }: Error): boolean {
  const innermost = stack.split("\n").find((line) => line.startsWith("    at "));
  return innermost?.includes("wasm://") === true;
}
