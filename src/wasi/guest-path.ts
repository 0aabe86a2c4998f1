import { posix } from "node:path";

/** A longer path is not kept: one guest could make another host string of it with each call. */
const MAX_KEPT_CHARACTERS = 4096;

/** What {@link pathFrom} makes an absolute path of, put together at little cost. */
export function pathBelow(directory: string, path: string): string {
  const length = directory.length + path.length;
  return length > MAX_KEPT_CHARACTERS ? directory : `${directory}/${path}`;
}

/**
 * The absolute guest path that a path stands for, were there no links: for telling what was refused. One
 * that leads above the root keeps the ".." that show it.
 */
export function pathFrom(directory: string, path: string): string {
  if (path.startsWith("/")) return posix.normalize(path);
  const plain = posix.normalize(`.${directory}/${path}`);
  return plain === "." ? "/" : `/${plain}`;
}

/** Whether a path leads out of the directory that it starts from, were there no links. */
export function leadsOut(path: string): boolean {
  if (path.startsWith("/")) return true;
  const plain = posix.normalize(path);
  return plain === ".." || plain.startsWith("../");
}
