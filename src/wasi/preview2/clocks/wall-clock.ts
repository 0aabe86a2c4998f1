/** wasi:clocks/wall-clock. */
import { USED_CLOCK } from "../../../fs/policy-board.js";
import type { Host } from "../host.js";
import { lower, type Lowering } from "../lowering.js";
import { type Datetime, lastNanoseconds, secondsOf, toDatetime } from "./datetime.js";
import { readClock } from "./monotonic-clock.js";

/** `seconds u64 0  nanoseconds u32 8`. */
const DATETIME_BYTES = 16;

export function wallClockInterface(host: Host) {
  const readNow = (): bigint => readClock(host.enter(), "now").realtime();
  const readResolution = (): bigint => {
    const process = host.enter();
    process.use(USED_CLOCK);
    return process.context.clock.resolution;
  };
  const now = (): Datetime => toDatetime(readNow());
  lower(
    host,
    now,
    [],
    (lowering) =>
      (out: number): void =>
        put(lowering, out, readNow()),
  );
  const resolution = (): Datetime => toDatetime(readResolution());
  lower(
    host,
    resolution,
    [],
    (lowering) =>
      (out: number): void =>
        put(lowering, out, readResolution()),
  );
  return { now, resolution };
}

function put(lowering: Lowering, out: number, time: bigint): void {
  const at = lowering.at(out, DATETIME_BYTES, 8);
  const { memory } = lowering;
  memory.setU64(at, secondsOf(time));
  memory.view.setUint32(at + 8, lastNanoseconds(), true);
}
