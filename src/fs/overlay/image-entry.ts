import { EISDIR, ENOSPC, ENOTEMPTY, type Errno } from "../errno.js";
import { emptyStat, FILETYPE_DIRECTORY, type Directory, type Stat } from "../node.js";
import type { SnapshotNode } from "../snapshot/snapshot-directory.js";
import { copyUp } from "./copy-up.js";
import type { DirectorySides } from "./directory-sides.js";

const times: Stat = emptyStat();

/** Shows an entry of the image no more; what the layer has of its name is shown from now on. */
export function markHidden({ overlay: { layer } }: DirectorySides, node: SnapshotNode): Errno {
  const error = layer.hide(node.record);
  if (error === 0) layer.changed();
  return error;
}

/** Removes an entry of the image, and notes that its directory has changed. */
export function hideEntry(sides: DirectorySides, node: SnapshotNode): Errno {
  const upper = sides.makeUpper();
  // With the quota used up removing must still work: only the new time is lost.
  if (typeof upper === "number" && upper !== -ENOSPC) return upper;
  const error = markHidden(sides, node);
  if (error === 0 && typeof upper !== "number") upper.setTimes(undefined, sides.overlay.now());
  return error;
}

/** Removes a directory of the image with the layer's side of it, if `child`, its sides, are empty. */
export function hideDirectory(
  sides: DirectorySides,
  name: string,
  node: SnapshotNode,
  child: DirectorySides,
): Errno {
  const entries = child.list();
  if (typeof entries === "number") return entries;
  if (entries.length > 0) return -ENOTEMPTY;
  const hadUpper = child.upper() !== undefined;
  const error = hideEntry(sides, node);
  if (error < 0 || !hadUpper) return error;
  return sides.upper()?.rmdir(name) ?? 0;
}

/** Copies a file or link of the image into the layer, and answers its directory's side there. */
export function copyEntryUp(
  sides: DirectorySides,
  name: string,
  node: SnapshotNode,
  keepData: boolean,
): Directory | Errno {
  const upper = sides.makeUpper();
  if (typeof upper === "number" || sides.lower === undefined) return upper;
  const work = sides.overlay.layer.work();
  if (typeof work === "number") return work;
  upper.stat(times);
  const { atime, mtime } = times;
  if (node.type === FILETYPE_DIRECTORY) return -EISDIR;
  const error = copyUp(node, sides.lower, upper, name, work, keepData);
  if (error < 0) return error;
  upper.setTimes(atime, mtime);
  const hidden = markHidden(sides, node);
  if (hidden < 0) upper.unlink(name);
  return hidden < 0 ? hidden : upper;
}
