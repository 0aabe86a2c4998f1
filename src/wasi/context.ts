/**
 * `Context`: all that one process holds, whatever WASI version it speaks. Made per process from plain
 * data, the process's streams and its opened filesystem; opens nothing itself and cannot fail.
 */
import type { Namespace } from "../fs/namespace.js";
import { createClock, type Clock } from "./clock.js";
import type { ContextLimits, ContextSpec, ContextUsage } from "./context-spec.js";
import { createRandom, type RandomSource } from "./random.js";
import type { Stdio } from "./stdio.js";

export class Context {
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly clock: Clock;
  /** Undefined: denied. */
  readonly random: RandomSource | undefined;
  readonly stdio: Stdio;
  readonly namespace: Namespace;
  readonly limits: ContextLimits;
  readonly usage: ContextUsage = { readBytes: 0, writtenBytes: 0, hostCalls: 0 };

  /** `clock`: the one that the filesystem takes its times from, made from the same specification. */
  constructor(
    spec: ContextSpec,
    stdio: Stdio,
    namespace: Namespace,
    clock: Clock = createClock(spec.clock),
  ) {
    this.args = spec.args;
    this.env = spec.env;
    this.clock = clock;
    this.random = createRandom(spec.random);
    this.stdio = stdio;
    this.namespace = namespace;
    this.limits = spec.limits;
  }
}
