import { type Clock, NS_PER_READING } from "./clock.js";

/** The host's clocks as long as they are granted; time stands still once they are taken back. */
export class RevocableClock implements Clock {
  #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get resolution(): bigint {
    return this.#clock.resolution;
  }

  get virtual(): boolean {
    return this.#clock.virtual;
  }

  realtime(): bigint {
    return this.#clock.realtime();
  }

  monotonic(): bigint {
    return this.#clock.monotonic();
  }

  advance(ns: bigint): void {
    this.#clock.advance(ns);
  }

  /** From here on time passes as on a frozen clock: with each reading, and by sleeping. */
  stop(): void {
    if (!this.#clock.virtual) this.#clock = new StoppedClock(this.#clock);
  }
}

class StoppedClock implements Clock {
  readonly virtual = true;
  readonly resolution: bigint;
  readonly #realtime: bigint;
  readonly #monotonic: bigint;
  #elapsed = 0n;

  constructor(last: Clock) {
    this.resolution = last.resolution;
    this.#realtime = last.realtime();
    this.#monotonic = last.monotonic();
  }

  realtime(): bigint {
    this.#elapsed += NS_PER_READING;
    return this.#realtime + this.#elapsed;
  }

  monotonic(): bigint {
    this.#elapsed += NS_PER_READING;
    return this.#monotonic + this.#elapsed;
  }

  advance(ns: bigint): void {
    this.#elapsed += ns;
  }
}
