import { EFAULT, EPERM } from "../../fs/errno.js";
import { USED_RANDOM } from "../../fs/policy-board.js";
import type { Caller } from "./caller.js";

export function randomFunctions(caller: Caller) {
  const { memory } = caller;
  return {
    random_get(buffer: number, length: number): number {
      const process = caller.enter();
      const address = buffer >>> 0;
      const bytes = length >>> 0;
      if (!memory.holds(address, bytes)) return EFAULT;
      const { random } = process.context;
      if (random === undefined) return process.deny("random", "random_get", EPERM);
      process.use(USED_RANDOM);
      random.fill(memory.bytes, address, bytes);
      return 0;
    },
  };
}
