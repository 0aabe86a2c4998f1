import { createHash } from "node:crypto";
import { readFile, readlink } from "node:fs/promises";
import { hostname } from "node:os";

/** Names a process so that another one can tell later whether it still lives. */
export interface ProcessIdentity {
  /** Where process numbers mean the same: this boot of this machine, in this PID namespace. */
  readonly domain: string;
  readonly pid: number;
  /** When it started, in clock ticks since boot; "0" where the system does not say. */
  readonly start: string;
}

let own: Promise<ProcessIdentity> | undefined;

export function ownProcess(): Promise<ProcessIdentity> {
  own ??= identify();
  return own;
}

async function identify(): Promise<ProcessIdentity> {
  const [boot, namespace, stat] = await Promise.all([
    readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => ""),
    readlink("/proc/self/ns/pid").catch(() => ""),
    statOf(process.pid),
  ]);
  const domain = createHash("sha256").update(`${hostname()}\n${boot}\n${namespace}`).digest("hex");
  return { domain: domain.slice(0, 12), pid: process.pid, start: stat?.start ?? "0" };
}

/** Tells whether a process of our own domain still lives; a later one with its number does not count. */
export async function isProcessAlive(pid: number, start: string): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives and is another user's.
    if (errorCodeOf(error) === "ESRCH") return false;
  }
  const now = await statOf(pid);
  if (now === undefined) return true;
  // Killed, and its parent has not asked for it: it does nothing any more.
  if ("ZX".includes(now.state) && now.threads <= 1) return false;
  return start === "0" || now.start === start;
}

interface ProcessStat {
  readonly state: string;
  readonly threads: number;
  readonly start: string;
}

/** Of /proc/<pid>/stat fields 3, 20 and 22. The command in field 2 may hold spaces and parentheses. */
async function statOf(pid: number): Promise<ProcessStat | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state, threads, start] = [fields[0], fields[17], fields[19]];
    if (state === undefined || threads === undefined || start === undefined) return undefined;
    return { state, threads: Number(threads), start };
  } catch {
    return undefined;
  }
}

/** `code` of an error of Node's own. */
export function errorCodeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : undefined;
}
