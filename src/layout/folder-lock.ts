import { randomBytes } from "node:crypto";
import { link, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SafedockError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import { errorCodeOf, isProcessAlive, ownProcess } from "../content/process-identity.js";

const LOCK_FILE = ".safedock-lock";
/** Pause before another look at a lock that is held, in ms: it is held for one small file's rewriting. */
const RETRY_MS = 5;
/** Longest wait for a lock, in ms: far above any queue of writers. */
const MAX_WAIT_MS = 30_000;
/** Age of a lock of another machine at which it is left over, in ms: no rewriting takes that long. */
const FOREIGN_LEFTOVER_MS = 20_000;

/**
 * Does some work while no other process that asks for this folder's lock does. The lock of a process that
 * was killed is taken over.
 */
export async function withFolderLock<T>(
  folder: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const path = join(folder, LOCK_FILE);
  const { domain, pid, start } = await ownProcess();
  const holder = `${domain} ${pid} ${start} ${randomBytes(8).toString("hex")}`;
  const deadline = Date.now() + MAX_WAIT_MS;
  while (!(await take(path, holder))) {
    signal?.throwIfAborted();
    if (Date.now() > deadline) throw held(folder);
    await removeLeftover(path, domain);
    await sleep(RETRY_MS * (1 + Math.random()));
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function take(path: string, holder: string): Promise<boolean> {
  // Linked into place whole: nobody sees a lock that does not say yet whose it is.
  const own = `${path}-${holder.slice(-16)}`;
  try {
    await writeFile(own, holder, { flag: "wx" });
    await link(own, path);
    return true;
  } catch (error) {
    if (errorCodeOf(error) === "EEXIST") return false;
    throw error;
  } finally {
    await rm(own, { force: true });
  }
}

/** Moves a lock away whose holder is gone; puts it back when it was another's meanwhile. */
async function removeLeftover(path: string, domain: string): Promise<void> {
  try {
    const holder = await readFile(path, "utf8");
    if (!(await isLeftover(path, holder, domain))) return;
    const aside = `${path}-${randomBytes(8).toString("hex")}`;
    await rename(path, aside);
    if ((await readFile(aside, "utf8")) !== holder) await link(aside, path);
    await rm(aside, { force: true });
  } catch (error) {
    const code = errorCodeOf(error);
    if (code !== "ENOENT" && code !== "EEXIST") throw error;
  }
}

async function isLeftover(path: string, holder: string, domain: string): Promise<boolean> {
  const [theirs, pid, start] = holder.split(" ");
  if (theirs === domain && /^\d{1,10}$/.test(pid ?? "")) {
    return !(await isProcessAlive(Number(pid), start ?? "0"));
  }
  return Date.now() - (await stat(path)).mtimeMs > FOREIGN_LEFTOVER_MS;
}

function held(folder: string): SafedockError {
  const path = printable(folder);
  return new SafedockError(
    "ERR_STORE_INVALID",
    `The folder ${path} stays locked by another process`,
    {
      data: { path },
      hint: `if none is at work there, remove its ${LOCK_FILE}`,
    },
  );
}
