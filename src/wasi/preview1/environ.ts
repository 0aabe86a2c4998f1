import type { Caller } from "./caller.js";
import { writeStrings, writeStringSizes } from "./guest-string.js";

export function environFunctions(caller: Caller) {
  const { memory } = caller;
  return {
    environ_get(environ: number, data: number): number {
      return writeStrings(memory, caller.enter().environ, environ >>> 0, data >>> 0);
    },
    environ_sizes_get(count: number, size: number): number {
      return writeStringSizes(memory, caller.enter().environ, count >>> 0, size >>> 0);
    },
  };
}
