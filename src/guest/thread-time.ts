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

/** The longest step in which Linux counts a thread's time on the usual machines, in ms. */
export const THREAD_TIME_STEP_MS = 4;

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

/** How old a figure may be that stands for the time now, in ms: less than the system's own step. */
const FRESH_MS = 1;

/** The calling thread's own time, read again and again through one descriptor (1 us in place of 10). */
export class OwnThreadTime {
  #file: number | undefined;
  #failed = false;
  #last = 0;
  #lastAt = -Infinity;

  /**
   * As {@link read}, at the monotonic time `now`, in ms; for a millisecond after the system was asked, as much
   * as the thread can have used by now, so that of many short runs only one in a while asks.
   */
  recent(now: number): number {
    const age = now - this.#lastAt;
    if (age < FRESH_MS) return this.#failed ? 0 : this.#last + age;
    this.#last = this.read();
    this.#lastAt = now;
    return this.#last;
  }

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
