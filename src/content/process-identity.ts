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
  const [boot, namespace, start] = await Promise.all([
    readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => ""),
    readlink("/proc/self/ns/pid").catch(() => ""),
    startOf(process.pid),
  ]);
  const domain = createHash("sha256").update(`${hostname()}\n${boot}\n${namespace}`).digest("hex");
  return { domain: domain.slice(0, 12), pid: process.pid, start: start ?? "0" };
}

/** Tells whether a process of our own domain still lives; a later one with its number does not count. */
export async function isProcessAlive(pid: number, start: string): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives and is another user's.
    if (errorCodeOf(error) === "ESRCH") return false;
  }
  const now = await startOf(pid);
  return now === undefined || start === "0" || now === start;
}

/** Field 22 of /proc/<pid>/stat. The command in field 2 may hold spaces and parentheses. */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
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
