import { EINVAL } from "../fs/errno.js";

/** Largest file offset: every number up to here is exact, and no file is larger. */
export const MAX_OFFSET = Number.MAX_SAFE_INTEGER;

/** An offset, and its halves: read so, it is two machine words; `Number` of a bigint is a call, on each read. */
const OFFSET = new BigInt64Array(1);
const HALVES = new Int32Array(OFFSET.buffer);

OFFSET[0] = 1n;
/** Where the host's byte order puts the lower half. */
const LOW = HALVES[0] === 1 ? 0 : 1;
const HIGH = 1 - LOW;

/** A u64 offset, which wasm hands over as a signed number: past 2^63 it is no offset. */
export function toPosition(offset: bigint): number {
  OFFSET[0] = offset;
  const high = HALVES[HIGH] ?? 0;
  if (high < 0) return -EINVAL;
  const position = high * 0x1_0000_0000 + ((HALVES[LOW] ?? 0) >>> 0);
  return position <= MAX_OFFSET ? position : MAX_OFFSET;
}
