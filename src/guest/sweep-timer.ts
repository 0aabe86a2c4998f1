import type { GuestSpec } from "./guest-spec.js";
import { monotonicMs } from "./monotonic-clock.js";

/** How often running guests are looked at, in ms: the program that catches its own exit. */
export const SWEEP_MS = 100;

/** In how many ms to look at a guest that begins now, or later: before the first of its limits can be passed. */
export function firstLookMs({ timeoutMs = SWEEP_MS, cpuMs = SWEEP_MS }: GuestSpec): number {
  return Math.min(timeoutMs, cpuMs, SWEEP_MS);
}

/** One timer for all deadlines of a pool; it does not keep the event loop alive. */
export class SweepTimer {
  readonly #sweep: () => void;
  #timer: NodeJS.Timeout | undefined;
  #at = Infinity;

  constructor(sweep: () => void) {
    this.#sweep = sweep;
  }

  /** Sweeps in `ms` or earlier. */
  within(ms: number): void {
    const at = monotonicMs() + ms;
    if (this.#at <= at) return;
    clearTimeout(this.#timer);
    this.#at = at;
    this.#timer = setTimeout(() => {
      this.#at = Infinity;
      this.#timer = undefined;
      this.#sweep();
    }, ms).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#at = Infinity;
  }
}
