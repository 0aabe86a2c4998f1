import { threadId } from "node:worker_threads";
import { EEXIST, EIO, ENOSPC, type Errno } from "../errno.js";
import {
  emptyStat,
  FILETYPE_REGULAR_FILE,
  FILETYPE_SYMBOLIC_LINK,
  OPEN_CREATE,
  OPEN_EXCLUSIVE,
  OPEN_WRITE,
  type Directory,
  type File,
  type Stat,
} from "../node.js";
import type { SnapshotLink } from "../snapshot/snapshot-directory.js";
import type { SnapshotFile } from "../snapshot/snapshot-file.js";

/** Copied at once: large enough that calls do not count, small enough to keep. */
const COPY_BYTES = 262_144;
/** Leftovers of workers that died while copying are passed over; more of them than that are a fault. */
const MAX_NAME_TRIES = 1000;

const stat: Stat = emptyStat();
let buffer: Uint8Array | undefined;
let counter = 0;

/**
 * Copies a file or link of the image to `name` in `upper`, with its times; a file is complete when it
 * gets its name. `keepData` false: the contents are about to be cut.
 */
export function copyUp(
  node: SnapshotFile | SnapshotLink,
  lower: Directory,
  upper: Directory,
  name: string,
  work: Directory,
  keepData: boolean,
): Errno {
  lower.statAt(name, stat);
  const { atime, mtime } = stat;
  if (node.type === FILETYPE_SYMBOLIC_LINK) {
    let error = upper.symlink(node.target, name);
    if (error === -EEXIST) {
      // A copy that was never shown, of a worker that died.
      error = upper.unlink(name);
      if (error === 0) error = upper.symlink(node.target, name);
    }
    return error < 0 ? error : upper.setTimesAt(name, atime, mtime);
  }
  const temporary = makeTemporary(work);
  if (typeof temporary === "number") return temporary;
  let error = keepData ? copyData(node, temporary.file) : 0;
  temporary.file.close();
  if (error === 0) error = work.rename(temporary.name, upper, name);
  if (error < 0) work.unlink(temporary.name);
  // Last, since a host keeps exact times only as long as nothing else changes.
  else error = upper.setTimesAt(name, atime, mtime);
  return error;
}

function makeTemporary(work: Directory): { readonly name: string; readonly file: File } | Errno {
  for (let tries = 0; tries < MAX_NAME_TRIES; tries++) {
    const name = `${process.pid}-${threadId}-${counter++}`;
    const file = work.open(name, OPEN_WRITE | OPEN_CREATE | OPEN_EXCLUSIVE);
    if (file === -EEXIST) continue;
    if (typeof file === "number") return file;
    return file.type === FILETYPE_REGULAR_FILE ? { name, file } : -EIO;
  }
  return -EIO;
}

function copyData(from: SnapshotFile, to: File): Errno {
  buffer ??= new Uint8Array(COPY_BYTES);
  const size = from.size();
  let at = 0;
  while (at < size) {
    const count = from.read(buffer, 0, COPY_BYTES, at);
    if (count <= 0) return count < 0 ? count : -EIO;
    const written = to.write(buffer, 0, count, at);
    if (written < 0) return written;
    if (written < count) return -ENOSPC;
    at += count;
  }
  return 0;
}
