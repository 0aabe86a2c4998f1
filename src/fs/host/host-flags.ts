/** The kernel's open flags as the host's. */
import * as fs from "node:fs";
import { OPEN_CREATE, OPEN_READ, OPEN_TRUNCATE, OPEN_WRITE, type OpenFlags } from "../node.js";

/** What may change the file, or make one. */
export const CHANGES = OPEN_WRITE | OPEN_CREATE | OPEN_TRUNCATE;

const C = fs.constants;
/**
 * Never follow a link; never wait for the other end of a FIFO; never make a terminal ours. All three
 * are undefined on Windows.
 */
const OPEN_ALWAYS = (C.O_NOFOLLOW ?? 0) | (C.O_NONBLOCK ?? 0) | (C.O_NOCTTY ?? 0);

/** For a file that is there: without O_CREAT. */
export function hostFlags(flags: OpenFlags): number {
  const access =
    (flags & OPEN_WRITE) === 0 ? C.O_RDONLY : (flags & OPEN_READ) === 0 ? C.O_WRONLY : C.O_RDWR;
  return OPEN_ALWAYS | access | ((flags & OPEN_TRUNCATE) === 0 ? 0 : C.O_TRUNC);
}
