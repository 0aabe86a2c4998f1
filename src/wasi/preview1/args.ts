import { USED_ARGS } from "../../fs/policy-board.js";
import type { Caller } from "./caller.js";
import { writeStrings, writeStringSizes } from "../guest-string.js";

export function argsFunctions(caller: Caller) {
  const { memory } = caller;
  return {
    args_get(argv: number, data: number): number {
      const process = caller.enter();
      process.use(USED_ARGS);
      return writeStrings(memory, process.args, argv >>> 0, data >>> 0);
    },
    args_sizes_get(count: number, size: number): number {
      const process = caller.enter();
      process.use(USED_ARGS);
      return writeStringSizes(memory, process.args, count >>> 0, size >>> 0);
    },
  };
}
