import { setTimeout as sleep } from "node:timers/promises";
import { errorCodeOf } from "../content/process-identity.js";

/** Tries after the first: the new path of a file that was moved is known a turn later. */
const RETRIES = 20;
/** Pause between two tries, in milliseconds. */
const PAUSE_MS = 2;

/**
 * Works with staged files. Another pull that shares them may commit them at any moment, and so move
 * them: what is not found at its path any more is looked for at the new one.
 */
export async function withFiles<T>(
  paths: () => readonly string[],
  work: (paths: readonly string[]) => Promise<T>,
): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await work(paths());
    } catch (error) {
      if (errorCodeOf(error) !== "ENOENT" || tries === RETRIES) throw error;
      await sleep(PAUSE_MS);
    }
  }
}

/** The same with one file. */
export async function withFile<T>(
  path: () => string,
  work: (path: string) => Promise<T>,
): Promise<T> {
  return withFiles(
    () => [path()],
    ([only = ""]) => work(only),
  );
}
