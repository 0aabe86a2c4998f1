import { refuse } from "./refuse.js";

const NS_PER_SECOND = 1_000_000_000n;
const NS_PER_MS = 1_000_000n;
/** Linux's bounds of the times and counts of keep-alive. */
const MAX_SECONDS = 32_767n;
const MAX_COUNT = 127;
/** Linux's own values; what is set is clamped to them as it would. */
const MIN_BUFFER = 2_304n;
const MAX_BUFFER = 2n ** 22n;

/**
 * What a socket is set to. Node passes on keep-alive and its idle time; the others it keeps to itself, and so
 * they are remembered here alone: the WIT lets them be hints.
 */
export class TcpOptions {
  keepAlive = false;
  #idleTime = 7200n * NS_PER_SECOND;
  #interval = 75n * NS_PER_SECOND;
  #count = 9;
  #hopLimit = 64;
  #receiveBuffer = 131_072n;
  #sendBuffer = 131_072n;

  copy(): TcpOptions {
    const options = new TcpOptions();
    options.keepAlive = this.keepAlive;
    options.#idleTime = this.#idleTime;
    options.#interval = this.#interval;
    options.#count = this.#count;
    options.#hopLimit = this.#hopLimit;
    options.#receiveBuffer = this.#receiveBuffer;
    options.#sendBuffer = this.#sendBuffer;
    return options;
  }

  get idleTime(): bigint {
    return this.#idleTime;
  }

  set idleTime(time: bigint) {
    this.#idleTime = wholeSeconds(time);
  }

  get keepAliveIdleMs(): number {
    return Number(this.#idleTime / NS_PER_MS);
  }

  get interval(): bigint {
    return this.#interval;
  }

  set interval(time: bigint) {
    this.#interval = wholeSeconds(time);
  }

  get count(): number {
    return this.#count;
  }

  set count(count: number) {
    if (count === 0) refuse("invalid-argument");
    this.#count = Math.min(count, MAX_COUNT);
  }

  get hopLimit(): number {
    return this.#hopLimit;
  }

  set hopLimit(limit: number) {
    if (limit === 0) refuse("invalid-argument");
    this.#hopLimit = limit;
  }

  get receiveBuffer(): bigint {
    return this.#receiveBuffer;
  }

  set receiveBuffer(size: bigint) {
    this.#receiveBuffer = bufferSize(size);
  }

  get sendBuffer(): bigint {
    return this.#sendBuffer;
  }

  set sendBuffer(size: bigint) {
    this.#sendBuffer = bufferSize(size);
  }
}

/** Clamped as a system would. */
export function bufferSize(size: bigint): bigint {
  if (size === 0n) refuse("invalid-argument");
  if (size < MIN_BUFFER) return MIN_BUFFER;
  return size > MAX_BUFFER ? MAX_BUFFER : size;
}

/** Rounded up: what is not 0 does not become it. */
function wholeSeconds(time: bigint): bigint {
  if (time === 0n) refuse("invalid-argument");
  const seconds = (time + NS_PER_SECOND - 1n) / NS_PER_SECOND;
  return (seconds > MAX_SECONDS ? MAX_SECONDS : seconds) * NS_PER_SECOND;
}
