import { monotonicMs } from "./monotonic-clock.js";

/** The app's thread looks for an answer at most so long, in ms: as long as a wake-up costs. */
const MAX_SPIN_MS = 0.08;
/** A run counts as short up to this, in ms: it leaves the rest of the spin to waking the worker. */
const SHORT_RUN_MS = 0.04;
/** Of so many recent runs, more than half must have been that short. */
const REMEMBERED = 16;
/** After a miss one run goes without, twice as many after the next, up to this. */
const MAX_SKIPPED = 16;

/**
 * Whether to wait for a very short run by polling in place of going through the event loop, which costs
 * 75 to 90 µs. Only when recent runs were short enough and polling has paid off lately.
 */
export class SpinPolicy {
  /** Goes up with each short run, down with each long one; 0 to REMEMBERED. */
  #short = REMEMBERED / 2;
  #skip = 0;
  #penalty = 1;

  worthIt(): boolean {
    if (this.#short < REMEMBERED / 2) return false;
    if (this.#skip === 0) return true;
    this.#skip--;
    return false;
  }

  ran(durationMs: number): void {
    if (durationMs > SHORT_RUN_MS) this.#short = Math.max(0, this.#short - 1);
    else this.#short = Math.min(REMEMBERED, this.#short + 1);
  }

  spin(done: () => boolean): void {
    const until = monotonicMs() + MAX_SPIN_MS;
    do {
      for (let look = 0; look < 20; look++) {
        if (done()) {
          this.#penalty = 1;
          return;
        }
      }
    } while (monotonicMs() < until);
    this.#skip = this.#penalty;
    this.#penalty = Math.min(this.#penalty * 2, MAX_SKIPPED);
  }
}
