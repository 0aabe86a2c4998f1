import { EBADF, EFAULT, EINVAL, SUCCESS } from "../../fs/errno.js";
import { TAKEN_CLOCK, USED_CLOCK } from "../../fs/policy-board.js";
import type { Caller } from "./caller.js";
import type { Process } from "./process.js";

export const CLOCK_REALTIME = 0;
export const CLOCK_MONOTONIC = 1;
const CLOCK_THREAD_CPUTIME = 3;

/** CPU time clocks are in the enumeration but not granted: EBADF, as the reference runtime answers. */
function clockError(process: Process, call: string, id: number): number {
  return id > CLOCK_THREAD_CPUTIME ? EINVAL : process.deny("clock", call, EBADF);
}

export function clockFunctions(caller: Caller) {
  const { memory } = caller;
  return {
    clock_res_get(clock: number, out: number): number {
      const process = caller.enter();
      const id = clock >>> 0;
      if (id > CLOCK_MONOTONIC) return clockError(process, "clock_res_get", id);
      const address = out >>> 0;
      if (!memory.holds(address, 8)) return EFAULT;
      process.use(USED_CLOCK);
      memory.view.setBigUint64(address, process.context.clock.resolution, true);
      return 0;
    },
    clock_time_get(clock: number, _precision: bigint, out: number): number {
      const process = caller.enter();
      const id = clock >>> 0;
      if (id > CLOCK_MONOTONIC) return clockError(process, "clock_time_get", id);
      const address = out >>> 0;
      if (!memory.holds(address, 8)) return EFAULT;
      process.use(USED_CLOCK);
      // It stands still, but the program should be seen to want it.
      if ((process.taken & TAKEN_CLOCK) !== 0) process.deny("clock", "clock_time_get", SUCCESS);
      const source = process.context.clock;
      const now = id === CLOCK_REALTIME ? source.realtime() : source.monotonic();
      memory.view.setBigUint64(address, now, true);
      return 0;
    },
  };
}
