import type { DenialLog } from "../fs/denial.js";
import { type Namespace, openNamespace } from "../fs/namespace.js";
import { PolicyRecord } from "../fs/policy-board.js";
import { type Clock, createClock } from "../wasi/clock.js";
import { Context } from "../wasi/context.js";
import type { ContextSpec, ContextUsage } from "../wasi/context-spec.js";
import { createPreview1, type Preview1 } from "../wasi/preview1/index.js";
import { RevocableClock } from "../wasi/revocable-clock.js";
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
  #namespace = NO_FILES;
  #context: Context | undefined;

  /** `exiting` is told the code when a program asks to exit, before it is unwound. */
  constructor(boards: SharedBoards, denials: DenialLog, exiting: (code: number) => void) {
    this.#boards = boards;
    this.#denials = denials;
    this.#preview1 = createPreview1();
    const { wasi_snapshot_preview1: current, wasi_unstable: unstable } = this.#preview1.imports;
    const exit = (code: number): void => {
      if (this.#context !== undefined && this.#preview1.exit.code === undefined) exiting(code);
      current.proc_exit(code);
    };
    this.imports = {
      wasi_snapshot_preview1: { ...current, proc_exit: exit },
      wasi_unstable: { ...unstable, proc_exit: exit },
    };
  }

  /** The code given to `proc_exit`, whether or not the program went on after it. */
  get exitCode(): number | undefined {
    return this.#preview1.exit.code;
  }

  /** Opens the process's files; throws a SafedockError when a mount cannot be opened. */
  begin({ spec, stdio, usage, host }: KernelProcess, memory: WebAssembly.Memory): void {
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
    this.#context = new Context(spec, stdio, this.#namespace, {
      clock,
      usage,
      policy,
      denials,
      host,
    });
    this.#preview1.begin(this.#context, memory);
  }

  /** The memory in place of that given to `begin`: the one that the module exports as "memory". */
  useMemory(memory: WebAssembly.Memory): void {
    if (this.#context !== undefined) this.#preview1.begin(this.#context, memory);
  }

  /** Closes what the process left open. */
  end(): void {
    this.#preview1.end();
    this.#namespace.close();
    this.#namespace = NO_FILES;
    this.#context = undefined;
  }
}

/** Only the host's time can be taken back, and only from a process with a record. */
function clockOf(spec: ContextSpec): Clock {
  const clock = createClock(spec.clock);
  return spec.policy === undefined || clock.virtual ? clock : new RevocableClock(clock);
}
