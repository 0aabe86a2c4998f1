import { toPosition } from "../file-offset.js";

/** A u64 length of the guest's, but at most `max`, which is below 2^53. */
export function toLength(length: bigint, max: number): number {
  const number = toPosition(length);
  return number < 0 || number > max ? max : number;
}
