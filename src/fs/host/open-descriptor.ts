/** `open` without the price of a thrown error's stack. */
import * as fs from "node:fs";
import { errnoOf } from "./host-errno.js";

/**
 * A descriptor, or a negated errno. Programs open what is not there by the thousand (each import of an
 * interpreter tries several names), and with a guest's frames below, collecting the stack is half of
 * what a miss costs.
 */
export function openDescriptor(path: string, flags: number, mode?: number): number {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return fs.openSync(path, flags, mode);
  } catch (error) {
    return errnoOf(error);
  } finally {
    Error.stackTraceLimit = limit;
  }
}
