/** `wasi:clocks/wall-clock.datetime`: whole seconds since 1970, and nanoseconds. */

export interface Datetime {
  seconds: bigint;
  nanoseconds: number;
}

const NS_PER_SECOND = 1_000_000_000;
const BIG_NS_PER_SECOND = 1_000_000_000n;
const MAX_NS = 2n ** 64n - 1n;

const TIME = new BigUint64Array(1);
const PARTS = new Uint16Array(TIME.buffer);
TIME[0] = 1n;
/** Whether the host keeps the lowest part first. */
const LOW_FIRST = PARTS[0] === 1;

/** What a division of a time has left: nanoseconds below a second. */
let rest = 0;

/** The nanoseconds of the time that `secondsOf` was last called with. */
export function lastNanoseconds(): number {
  return rest;
}

/**
 * Whole seconds of a time in ns; 0 for one before 1970, which a datetime cannot say. By hand, 16 bits after
 * the other: a division of bigints is ten times as much, and a `stat` needs three.
 */
export function secondsOf(time: bigint): number {
  rest = 0;
  if (time <= 0n) return 0;
  TIME[0] = time;
  let seconds = 0;
  for (let step = 3; step >= 0; step--) {
    const part = rest * 0x1_0000 + (PARTS[LOW_FIRST ? step : 3 - step] ?? 0);
    const quotient = Math.floor(part / NS_PER_SECOND);
    rest = part - quotient * NS_PER_SECOND;
    seconds = seconds * 0x1_0000 + quotient;
  }
  return seconds;
}

export function toDatetime(time: bigint): Datetime {
  const seconds = BigInt(secondsOf(time));
  return { seconds, nanoseconds: lastNanoseconds() };
}

/** In ns; undefined for one that is not to be counted so. */
export function fromDatetime(seconds: bigint, nanoseconds: number): bigint | undefined {
  const time = BigInt.asUintN(64, seconds) * BIG_NS_PER_SECOND + BigInt(nanoseconds);
  return nanoseconds >= NS_PER_SECOND || time > MAX_NS ? undefined : time;
}
