/**
 * `Context`: all that one process holds, whatever WASI version it speaks. Made per process from plain
 * data, the process's streams and its opened filesystem; opens nothing itself and cannot fail.
 */
import type { DenialLog } from "../fs/denial.js";
import type { Namespace } from "../fs/namespace.js";
import type { PolicyRecord } from "../fs/policy-board.js";
import { createClock, type Clock } from "./clock.js";
import type { ContextLimits, ContextSpec, ContextUsage, StdioSpec } from "./context-spec.js";
import { type HostCalls, NO_HOST_CALLS } from "./host-calls.js";
import { NULL_INPUT, NULL_OUTPUT } from "./null-streams.js";
import { createRandom, type RandomSource } from "./random.js";
import { RevocableClock } from "./revocable-clock.js";
import type { Stdio } from "./stdio.js";

/** What a process shares with its app beside its streams and files. */
export interface ContextDependencies {
  /** The one that the filesystem takes its times from, made from the same specification. */
  readonly clock?: Clock | undefined;
  /** Where its use of grants is noted, and what is taken back of them is seen. */
  readonly policy?: PolicyRecord | undefined;
  readonly denials?: DenialLog | undefined;
  /** Where its use is counted. */
  readonly usage?: ContextUsage | undefined;
  /** What it may ask of the app's thread. */
  readonly host?: HostCalls | undefined;
}

export class Context {
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly clock: Clock;
  /** What becomes of the three streams; undefined: all are pipes. */
  readonly modes: StdioSpec | undefined;
  readonly stdio: Stdio;
  readonly namespace: Namespace;
  readonly limits: ContextLimits;
  readonly policy: PolicyRecord | undefined;
  readonly denials: DenialLog | undefined;
  readonly usage: ContextUsage;
  readonly host: HostCalls;
  #random: RandomSource | undefined;

  constructor(
    spec: ContextSpec,
    stdio: Stdio,
    namespace: Namespace,
    { clock, policy, denials, usage, host }: ContextDependencies = {},
  ) {
    this.args = spec.args;
    this.env = spec.env;
    this.clock = clock ?? createClock(spec.clock);
    this.#random = createRandom(spec.random);
    this.modes = spec.stdio;
    this.stdio = spec.stdio === undefined ? stdio : withoutPipes(stdio, spec.stdio);
    this.namespace = namespace;
    this.limits = spec.limits;
    this.policy = policy;
    this.denials = denials;
    this.host = host ?? NO_HOST_CALLS;
    this.usage = usage ?? { readBytes: 0, writtenBytes: 0, hostCalls: 0 };
  }

  /** Undefined: denied. */
  get random(): RandomSource | undefined {
    return this.#random;
  }

  loseRandom(): void {
    this.#random = undefined;
  }

  /** What the process reads from now on is no time of the host. */
  loseClock(): void {
    if (this.clock instanceof RevocableClock) this.clock.stop();
  }
}

/** Nobody reads or writes a denied stream: what stands in its place does not matter. */
function withoutPipes(pipes: Stdio, { stdin, stdout, stderr }: StdioSpec): Stdio {
  return {
    stdin: stdin === "pipe" ? pipes.stdin : NULL_INPUT,
    stdout: stdout === "pipe" ? pipes.stdout : NULL_OUTPUT,
    stderr: stderr === "pipe" ? pipes.stderr : NULL_OUTPUT,
    sleep: (ms) => pipes.sleep(ms),
  };
}
