import type { SafedockError } from "../base/errors.js";
import { onAbort } from "../base/on-abort.js";
import type { CompiledModule } from "./compiled-module.js";
import { monotonicMs } from "./monotonic-clock.js";

/** How long one caller waits for a compilation: until it is done, the caller's signal, or its time is over. */
export interface WaitOptions {
  readonly signal: AbortSignal | undefined;
  /** From when the compilation begins, in ms. */
  readonly limitMs: number;
  /** The error when that is over. */
  readonly late: () => SafedockError;
}

/** One caller of a compilation that others may wait for too. */
export class CompileWait {
  readonly #options: WaitOptions;
  #timer: NodeJS.Timeout | undefined;
  #reject: (error: unknown) => void = () => undefined;

  constructor(options: WaitOptions) {
    this.#options = options;
  }

  /** The compilation has begun, in monotonic ms. */
  begun(since: number): void {
    const left = since + this.#options.limitMs - monotonicMs();
    this.#timer = setTimeout(() => this.#reject(this.#options.late()), Math.max(0, left)).unref();
  }

  /** As `compiled`, unless the caller gives up before. */
  async result(compiled: Promise<CompiledModule>): Promise<CompiledModule> {
    const { signal } = this.#options;
    const givenUp = new Promise<never>((_, reject) => (this.#reject = reject));
    const forget =
      signal === undefined ? undefined : onAbort(signal, () => this.#reject(signal.reason));
    try {
      return await Promise.race([compiled, givenUp]);
    } finally {
      forget?.();
      clearTimeout(this.#timer);
    }
  }
}
