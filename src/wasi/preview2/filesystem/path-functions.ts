/** What a guest may do with paths below a descriptor, for both forms of the interface: 0, or -errno. */
import { EINVAL, ENOTDIR, EPERM, type Errno } from "../../../fs/errno.js";
import {
  linkPath,
  mkdirPath,
  readlinkPath,
  renamePath,
  rmdirPath,
  setTimesPath,
  symlinkPath,
  unlinkPath,
} from "../../../fs/path-calls.js";
import type { Location } from "../../../fs/resolve.js";
import { leadsOut, pathFrom } from "../../guest-path.js";
import type { Process } from "../process.js";
import type { NewTimes } from "./files.js";
import type { Opened, OpenedDirectory } from "./opened.js";

/** The calls with one path and no more. */
export type PathCall = "create-directory-at" | "remove-directory-at" | "unlink-file-at";

const PATH_CALLS: Readonly<Record<PathCall, (at: Location, path: string) => Errno>> = {
  "create-directory-at": mkdirPath,
  "remove-directory-at": rmdirPath,
  "unlink-file-at": unlinkPath,
};

export function callPath(process: Process, opened: Opened, call: PathCall, path: string): Errno {
  if (opened.isFile) return -ENOTDIR;
  const answer = PATH_CALLS[call](opened.location, path);
  return 0 - process.answerPath(call, answer, opened.path, path);
}

export function setTimesAt(
  process: Process,
  opened: Opened,
  path: string,
  follow: boolean,
  { atime, mtime }: NewTimes,
): Errno {
  if (opened.isFile) return -ENOTDIR;
  const answer = setTimesPath(opened.location, path, follow, atime, mtime);
  return 0 - process.answerPath("set-times-at", answer, opened.path, path);
}

/** Following a link at the end of the old path is refused, as in the reference runtime. */
export function linkAt(
  process: Process,
  from: Opened,
  follow: boolean,
  oldPath: string,
  to: Opened,
  newPath: string,
): Errno {
  if (from.isFile || to.isFile) return -ENOTDIR;
  if (follow) return -EINVAL;
  const answer = linkPath(from.location, oldPath, false, to.location, newPath);
  return answerTwo(process, "link-at", answer, from, oldPath, to, newPath);
}

export function renameAt(
  process: Process,
  from: Opened,
  oldPath: string,
  to: Opened,
  newPath: string,
): Errno {
  if (from.isFile || to.isFile) return -ENOTDIR;
  const answer = renamePath(from.location, oldPath, to.location, newPath);
  return answerTwo(process, "rename-at", answer, from, oldPath, to, newPath);
}

export function symlinkAt(process: Process, at: Opened, target: string, path: string): Errno {
  if (at.isFile) return -ENOTDIR;
  // An absolute target would mean the host's root to whoever else reads the directory.
  if (target.startsWith("/"))
    return 0 - process.deny("fs", "symlink-at", EPERM, pathFrom(at.path, path));
  const answer = symlinkPath(target, at.location, path);
  return 0 - process.answerPath("symlink-at", answer, at.path, path);
}

export function readlinkAt(process: Process, at: Opened, path: string): string | Errno {
  if (at.isFile) return -ENOTDIR;
  const target = readlinkPath(at.location, path);
  return typeof target === "string"
    ? target
    : 0 - process.answerPath("readlink-at", target, at.path, path);
}

/** The answer of a call with two paths: which of them has led out is seen by its text. */
function answerTwo(
  process: Process,
  call: string,
  answer: Errno,
  from: OpenedDirectory,
  oldPath: string,
  to: OpenedDirectory,
  newPath: string,
): Errno {
  const isNew = leadsOut(newPath) && !leadsOut(oldPath);
  return (
    0 -
    (isNew
      ? process.answerPath(call, answer, to.path, newPath)
      : process.answerPath(call, answer, from.path, oldPath))
  );
}
