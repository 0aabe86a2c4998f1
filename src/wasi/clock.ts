/** The time that a process is granted: the host's, or a virtual one that repeats exactly. */
import type { ClockSpec } from "./context-spec.js";

/** All times are nanoseconds. */
export interface Clock {
  /** Since 1970. */
  realtime(): bigint;
  /** Since some moment before the process began; never goes back. */
  monotonic(): bigint;
  /** The step of both clocks. */
  readonly resolution: bigint;
  /** Virtual time passes by being told to; real time ignores this. */
  advance(ns: bigint): void;
  readonly virtual: boolean;
}

const NS_PER_MS = 1_000_000n;

/** A reading's own cost in virtual time: a loop that waits for the clock to move must end. */
export const NS_PER_READING = 1_000n;

export function createClock(spec: ClockSpec): Clock {
  if (spec.kind === "frozen") return new FrozenClock(spec.startMs);
  const real = spec.startMs === undefined ? REAL_CLOCK : new ShiftedClock(spec.startMs);
  return spec.kind === "real" ? real : new CoarseClock(real, spec.resolutionMs);
}

class FrozenClock implements Clock {
  readonly virtual = true;
  readonly resolution = NS_PER_READING;
  readonly #start: bigint;
  #elapsed = 0n;

  constructor(startMs: number) {
    this.#start = BigInt(Math.trunc(startMs)) * NS_PER_MS;
  }

  realtime(): bigint {
    return this.#start + this.monotonic();
  }

  monotonic(): bigint {
    this.#elapsed += NS_PER_READING;
    return this.#elapsed;
  }

  advance(ns: bigint): void {
    this.#elapsed += ns;
  }
}

/** Date.now() cuts to whole milliseconds, so the finer estimate may lead it by one; 2 ms is a change. */
const MAX_LEAD_NS = 2n * NS_PER_MS;

class RealClock implements Clock {
  readonly virtual = false;
  readonly resolution = 1n;
  #offset = 0n;

  /** The monotonic clock set to the wall clock, and set anew when the host's clock was adjusted. */
  realtime(): bigint {
    const wall = BigInt(Date.now()) * NS_PER_MS;
    const monotonic = process.hrtime.bigint();
    const lead = this.#offset + monotonic - wall;
    if (lead < 0n || lead >= MAX_LEAD_NS) this.#offset = wall - monotonic;
    return this.#offset + monotonic;
  }

  monotonic(): bigint {
    return process.hrtime.bigint();
  }

  advance(): void {}
}

const REAL_CLOCK = new RealClock();

/** Real time whose wall clock begins at a moment of the app's choice. */
class ShiftedClock implements Clock {
  readonly virtual = false;
  readonly resolution = 1n;
  readonly #start: bigint;
  readonly #begun = process.hrtime.bigint();

  constructor(startMs: number) {
    this.#start = BigInt(Math.trunc(startMs)) * NS_PER_MS;
  }

  realtime(): bigint {
    return this.#start + (process.hrtime.bigint() - this.#begun);
  }

  monotonic(): bigint {
    return process.hrtime.bigint();
  }

  advance(): void {}
}

/** Another clock, cut to whole steps: too coarse to time what the processor does. */
class CoarseClock implements Clock {
  readonly virtual = false;
  readonly resolution: bigint;
  readonly #inner: Clock;

  constructor(inner: Clock, resolutionMs: number) {
    this.#inner = inner;
    this.resolution = toNs(resolutionMs);
  }

  realtime(): bigint {
    return this.#cut(this.#inner.realtime());
  }

  monotonic(): bigint {
    return this.#cut(this.#inner.monotonic());
  }

  advance(): void {}

  #cut(time: bigint): bigint {
    return time - (time % this.resolution);
  }
}

/** Milliseconds may have a fraction; what is below a nanosecond is cut. */
function toNs(ms: number): bigint {
  return BigInt(Math.trunc(ms * 1e6));
}
