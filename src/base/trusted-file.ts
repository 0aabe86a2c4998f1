import type { Stats } from "node:fs";

const WRITABLE_BY_OTHERS = 0o022;

/**
 * Whether only this process's user, or root, can have written a file of the store: what V8 is given as its own code is
 * run as it is, in the app's process. On Windows the folder's access list says so alone.
 */
export function isTrusted({ uid, mode }: Pick<Stats, "uid" | "mode">): boolean {
  const own = process.getuid?.();
  if (own === undefined) return true;
  return (uid === own || uid === 0) && (mode & WRITABLE_BY_OTHERS) === 0;
}
