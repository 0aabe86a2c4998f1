/** Below it a loop is quicker than the views that `set` needs. */
const LOOP_BYTES = 96;

/** Copies `count` bytes. */
export function copyBytes(
  from: Uint8Array,
  fromAt: number,
  to: Uint8Array,
  toAt: number,
  count: number,
): void {
  if (count > LOOP_BYTES) to.set(from.subarray(fromAt, fromAt + count), toAt);
  else for (let at = 0; at < count; at++) to[toAt + at] = from[fromAt + at];
}
