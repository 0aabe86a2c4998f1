import type { Caller } from "./caller.js";

export function schedFunctions(caller: Caller) {
  return {
    /** Nothing else runs in a guest's thread. */
    sched_yield(): number {
      caller.enter();
      return 0;
    },
  };
}
