import { EINVAL, ENOTSUP } from "../../fs/errno.js";
import type { Caller } from "./caller.js";

/** The last signal of witx `$signal`. */
const SIGNAL_SYS = 30;

export function procFunctions(caller: Caller) {
  return {
    proc_exit(code: number): never {
      caller.enter();
      caller.exit.code = code >>> 0;
      throw caller.exit;
    },
    proc_raise(signal: number): number {
      caller.enter();
      return signal >>> 0 > SIGNAL_SYS ? EINVAL : ENOTSUP;
    },
  };
}
