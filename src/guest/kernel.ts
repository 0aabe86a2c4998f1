import type { DenialLog } from "../fs/denial.js";
import { type Namespace, openNamespace } from "../fs/namespace.js";
import { PolicyRecord } from "../fs/policy-board.js";
import { type Clock, createClock } from "../wasi/clock.js";
import { Context } from "../wasi/context.js";
import type { ContextSpec, ContextUsage } from "../wasi/context-spec.js";
import type { Preview2 } from "../wasi/preview2/index.js";
import { createPreview1, type Preview1 } from "../wasi/preview1/index.js";
import { RevocableClock } from "../wasi/revocable-clock.js";
import type { ComponentImports } from "./component-code.js";
import type { HostCalls } from "../wasi/host-calls.js";
import type { Stdio } from "../wasi/stdio.js";
import type { SharedBoards } from "./worker-messages.js";
import type { TraceWriter } from "./trace-writer.js";

/** What the kernel is told about one process. */
export interface KernelProcess {
  readonly spec: ContextSpec;
  readonly stdio: Stdio;
  /** Notes what it calls. */
  readonly trace?: TraceWriter | undefined;
  /** Where its use is counted. */
  readonly usage?: ContextUsage | undefined;
  /** What it may ask of the app's thread. */
  readonly host?: HostCalls | undefined;
}

const NO_FILES: Namespace = { preopens: [], close: () => undefined };

/** A worker's WASI host, made once; one process at a time lives between `begin` and `end`. */
export class Kernel {
  readonly imports: WebAssembly.Imports;
  readonly #preview1: Preview1;
  readonly #boards: SharedBoards;
  readonly #denials: DenialLog;
  readonly #exiting: (code: number) => void;
  #preview2: Preview2 | undefined;
  #componentImports: ComponentImports = {};
  #namespace = NO_FILES;
  #context: Context | undefined;
  #isComponent = false;

  /** `exiting` is told the code when a program asks to exit, before it is unwound. */
  constructor(boards: SharedBoards, denials: DenialLog, exiting: (code: number) => void) {
    this.#boards = boards;
    this.#denials = denials;
    this.#exiting = exiting;
    this.#preview1 = createPreview1();
    const {
      wasi_snapshot_preview1: current,
      wasi_unstable: unstable,
      ...more
    } = this.#preview1.imports;
    const exit = (code: number): void => {
      if (this.#context !== undefined && this.#preview1.exit.code === undefined) exiting(code);
      current.proc_exit(code);
    };
    this.imports = {
      ...more,
      wasi_snapshot_preview1: { ...current, proc_exit: exit },
      wasi_unstable: { ...unstable, proc_exit: exit },
    };
  }

  /** Whether components can be run: their host is loaded with the first of them. */
  get runsComponents(): boolean {
    return this.#preview2 !== undefined;
  }

  usePreview2(preview2: Preview2): void {
    this.#preview2 = preview2;
    this.#componentImports = tellingOfExits(preview2, (code) => {
      if (this.#context !== undefined && preview2.exit.code === undefined) this.#exiting(code);
    });
  }

  /** Makes a request of HTTP for the running component's handler. */
  get handled(): Preview2["handled"] {
    if (this.#preview2 === undefined) throw new Error("components were not loaded");
    return this.#preview2.handled;
  }

  /** What every component is given. */
  get componentImports(): ComponentImports {
    return this.#componentImports;
  }

  /** The code given to `proc_exit` or wasi:cli/exit, whether or not the program went on after it. */
  get exitCode(): number | undefined {
    return this.#isComponent ? this.#preview2?.exit.code : this.#preview1.exit.code;
  }

  /** Opens the process's files; throws a SafedockError when a mount cannot be opened. */
  begin(process: KernelProcess, memory: WebAssembly.Memory): void {
    this.#isComponent = false;
    this.#preview1.begin(this.#open(process), memory);
  }

  /** As {@link Kernel.begin}, for a component; its memories are known with its calls. */
  beginComponent(process: KernelProcess): void {
    this.#isComponent = true;
    this.#preview2?.begin(this.#open(process));
  }

  #open({ spec, stdio, usage, host }: KernelProcess): Context {
    const { board, policies } = this.#boards;
    const denials = this.#denials;
    const policy = spec.policy === undefined ? undefined : new PolicyRecord(policies, spec.policy);
    const clock = clockOf(spec);
    if (spec.mounts.length > 0) {
      const now = (): bigint => clock.realtime();
      const { fileBytes } = spec.limits;
      this.#namespace = openNamespace(spec.mounts, {
        now,
        virtual: clock.virtual,
        board,
        policy,
        denials,
        fileBytes,
      });
    }
    const context = new Context(spec, stdio, this.#namespace, {
      clock,
      usage,
      policy,
      denials,
      host,
    });
    this.#context = context;
    return context;
  }

  /** The memory in place of that given to `begin`: the one that the module exports as "memory". */
  useMemory(memory: WebAssembly.Memory): void {
    if (this.#context !== undefined) this.#preview1.begin(this.#context, memory);
  }

  /** Closes what the process left open. */
  end(): void {
    if (this.#isComponent) this.#preview2?.end();
    else this.#preview1.end();
    this.#namespace.close();
    this.#namespace = NO_FILES;
    this.#context = undefined;
  }
}

/** The imports of components, of which those that exit tell so before they unwind. */
function tellingOfExits(preview2: Preview2, exiting: (code: number) => void): ComponentImports {
  const exit: Record<string, unknown> = { ...preview2.imports["wasi:cli/exit"] };
  for (const [name, codeOf] of EXITS) {
    const call = exit[name] as LowerableFunction | undefined;
    if (call !== undefined) exit[name] = tellingFirst(call, codeOf, exiting);
  }
  return { ...preview2.imports, "wasi:cli/exit": exit };
}

type ExitCode = (status: unknown) => number;
const EXITS: readonly (readonly [string, ExitCode])[] = [
  ["exit", (status) => (status === 0 || (status as { tag?: unknown }).tag === "ok" ? 0 : 1)],
  ["exitWithCode", (code) => Number(code) & 0xff],
];

/** How jco asks a function for its form over the guest's own values. */
const LOWER = Symbol.for("cabiLower");

interface LowerableFunction {
  (status: unknown): unknown;
  [LOWER]?: (parts: unknown) => (status: number) => unknown;
}

function tellingFirst(
  call: LowerableFunction,
  codeOf: ExitCode,
  exiting: (code: number) => void,
): LowerableFunction {
  const telling: LowerableFunction = (status) => {
    exiting(codeOf(status));
    return call(status);
  };
  const lower = call[LOWER];
  if (lower !== undefined) {
    telling[LOWER] = (parts) => {
      const lowered = lower(parts);
      return (status) => {
        exiting(codeOf(status));
        return lowered(status);
      };
    };
  }
  return telling;
}

/** Only the host's time can be taken back, and only from a process with a record. */
function clockOf(spec: ContextSpec): Clock {
  const clock = createClock(spec.clock);
  return spec.policy === undefined || clock.virtual ? clock : new RevocableClock(clock);
}
