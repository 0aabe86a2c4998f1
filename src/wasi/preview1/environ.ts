import { USED_ENV } from "../../fs/policy-board.js";
import type { Caller } from "./caller.js";
import { writeStrings, writeStringSizes } from "../guest-string.js";

export function environFunctions(caller: Caller) {
  const { memory } = caller;
  return {
    environ_get(environ: number, data: number): number {
      const process = caller.enter();
      process.use(USED_ENV);
      return writeStrings(memory, process.environ, environ >>> 0, data >>> 0);
    },
    environ_sizes_get(count: number, size: number): number {
      const process = caller.enter();
      process.use(USED_ENV);
      return writeStringSizes(memory, process.environ, count >>> 0, size >>> 0);
    },
  };
}
