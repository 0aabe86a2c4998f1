import { closeSync, openSync, readlinkSync, readSync } from "node:fs";

const NS_PER_MS = 1e6;
/** Three numbers of at most 20 digits. */
const SCHEDSTAT_BYTES = 64;

const scratch = Buffer.alloc(SCHEDSTAT_BYTES);

/** The calling thread's number on Linux; 0 elsewhere, and where /proc is not to be had. */
export function threadId(): number {
  try {
    // <process>/task/<thread>
    return Number(readlinkSync("/proc/thread-self").split("/")[2] ?? 0);
  } catch {
    return 0;
  }
}

/**
 * Processor time that a thread of this process has used, in ms; undefined where the system does not tell.
 * Linux counts a running thread's at each tick of the scheduler, every 1 to 4 ms.
 */
export function threadTimeMs(thread: number): number | undefined {
  if (thread === 0) return undefined;
  let file: number | undefined;
  try {
    file = openSync(`/proc/self/task/${thread}/schedstat`, "r");
    return readTime(file);
  } catch {
    // The thread has ended, or the kernel keeps no such figures.
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** The calling thread's own time, read again and again through one descriptor (1 us in place of 10). */
export class OwnThreadTime {
  #file: number | undefined;
  #failed = false;

  /** In ms; 0 where the system does not tell. */
  read(): number {
    if (this.#failed) return 0;
    try {
      this.#file ??= openSync("/proc/thread-self/schedstat", "r");
      return readTime(this.#file);
    } catch {
      this.#failed = true;
      return 0;
    }
  }
}

/** The first number is the time on a processor, in ns. */
function readTime(file: number): number {
  const count = readSync(file, scratch, 0, SCHEDSTAT_BYTES, 0);
  let ns = 0;
  for (let at = 0; at < count; at++) {
    const digit = (scratch[at] ?? 0) - 48;
    if (digit < 0 || digit > 9) break;
    ns = ns * 10 + digit;
  }
  return ns / NS_PER_MS;
}
