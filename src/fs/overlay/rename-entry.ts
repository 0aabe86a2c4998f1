import { EISDIR, ENOENT, ENOTDIR, EXDEV, type Errno } from "../errno.js";
import {
  emptyStat,
  FILETYPE_DIRECTORY,
  FILETYPE_REGULAR_FILE,
  type Directory,
  type Stat,
} from "../node.js";
import type { SnapshotNode } from "../snapshot/snapshot-directory.js";
import type { SnapshotFile } from "../snapshot/snapshot-file.js";
import { copyEntryUp, hideDirectory, markHidden } from "./image-entry.js";
import type { OverlayDirectory } from "./overlay-directory.js";

const stat: Stat = emptyStat();

/** Renames within an overlay; a directory of the image stays, with `EXDEV`. */
export function renameEntry(
  from: OverlayDirectory,
  name: string,
  to: OverlayDirectory,
  toName: string,
): Errno {
  const node = from.sides.visible(name);
  const target = to.sides.visible(toName);
  let isDirectory = node?.type === FILETYPE_DIRECTORY;
  if (node === undefined) {
    const error = from.sides.upper()?.statAt(name, stat) ?? -ENOENT;
    if (error < 0) return error;
    isDirectory = stat.type === FILETYPE_DIRECTORY;
  } else if (target !== undefined && sameFile(node, target)) return 0;
  if (target !== undefined) {
    if (target.type === FILETYPE_DIRECTORY && !isDirectory) return -EISDIR;
    if (target.type !== FILETYPE_DIRECTORY && isDirectory) return -ENOTDIR;
  }
  if (node?.type === FILETYPE_DIRECTORY) {
    const above = target === undefined ? to.sides.upper() : undefined;
    if (above?.statAt(toName, stat) === 0 && stat.type !== FILETYPE_DIRECTORY) return -ENOTDIR;
    // As overlayfs without redirections: programs that move directories copy them then.
    return -EXDEV;
  }

  const toUpper = to.sides.makeUpper();
  if (typeof toUpper === "number") return toUpper;
  const upper =
    node === undefined ? from.sides.makeUpper() : copyEntryUp(from.sides, name, node, true);
  if (typeof upper === "number") return upper;
  if (target === undefined) return upper.rename(name, toUpper, toName);
  if (target.type === FILETYPE_DIRECTORY) {
    const error = hideDirectory(to.sides, toName, target, to.child(toName, target).sides);
    return error < 0 ? error : upper.rename(name, toUpper, toName);
  }
  return replaceFile(upper, name, toUpper, toName, () => markHidden(to.sides, target));
}

/** Renames onto a file of the image so that its name always leads to the old or the new one. */
function replaceFile(
  upper: Directory,
  name: string,
  toUpper: Directory,
  toName: string,
  hide: () => Errno,
): Errno {
  toUpper.unlink(toName); // a copy that was never shown, of a worker that died
  const linked = upper.link(name, toUpper, toName);
  const error = hide();
  if (error < 0) {
    if (linked === 0) toUpper.unlink(toName);
    return error;
  }
  // Not every disk has hard links.
  return linked === 0 ? upper.unlink(name) : upper.rename(name, toUpper, toName);
}

function sameFile(a: SnapshotNode, b: SnapshotNode): boolean {
  if (a === b) return true;
  return isFile(a) && isFile(b) && a.inode === b.inode;
}

function isFile(node: SnapshotNode): node is SnapshotFile {
  return node.type === FILETYPE_REGULAR_FILE;
}
