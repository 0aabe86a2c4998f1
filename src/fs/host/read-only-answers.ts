/**
 * What a read-only directory answers to changes. What is wrong with the name comes first, because programs
 * go by it: "mkdir -p" wants to hear that a directory is there, and who cleans up that nothing is.
 */
import { EEXIST, EISDIR, ENOENT, ENOTDIR, EROFS, type Errno } from "../errno.js";
import { FILETYPE_DIRECTORY, emptyStat, type Directory, type Stat } from "../node.js";

const scratch: Stat = emptyStat();

/** To making `name`. */
export function refuseNew(directory: Directory, name: string): Errno {
  const error = directory.statAt(name, scratch);
  if (error === 0) return -EEXIST;
  return error === -ENOENT ? -EROFS : error;
}

/** To changing or moving `name`. */
export function refuseChange(directory: Directory, name: string): Errno {
  const error = directory.statAt(name, scratch);
  return error < 0 ? error : -EROFS;
}

export function refuseRmdir(directory: Directory, name: string): Errno {
  const error = directory.statAt(name, scratch);
  if (error < 0) return error;
  return scratch.type === FILETYPE_DIRECTORY ? -EROFS : -ENOTDIR;
}

export function refuseUnlink(directory: Directory, name: string): Errno {
  const error = directory.statAt(name, scratch);
  if (error < 0) return error;
  return scratch.type === FILETYPE_DIRECTORY ? -EISDIR : -EROFS;
}
