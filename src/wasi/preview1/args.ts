import type { Caller } from "./caller.js";
import { writeStrings, writeStringSizes } from "./guest-string.js";

export function argsFunctions(caller: Caller) {
  const { memory } = caller;
  return {
    args_get(argv: number, data: number): number {
      return writeStrings(memory, caller.enter().args, argv >>> 0, data >>> 0);
    },
    args_sizes_get(count: number, size: number): number {
      return writeStringSizes(memory, caller.enter().args, count >>> 0, size >>> 0);
    },
  };
}
