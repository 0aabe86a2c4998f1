import * as errnos from "../fs/errno.js";

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(errnos).map(([name, value]) => [value, name]),
);

/** `EPERM` of its number; the number itself if it has no name. */
export function errnoName(errno: number): string {
  return NAMES.get(errno) ?? String(errno);
}
