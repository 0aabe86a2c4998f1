/**
 * What a program may do with a path, on top of the walk of resolve.ts: the rules of POSIX and Linux for
 * links at the end of a path, "/" at its end, and paths that name the directory itself.
 *
 * `at` is the directory that the path starts from; `follow` says whether a symbolic link at the end of
 * the path is followed. All calls answer 0, a value, or a negated errno.
 */
import { renameBetween, linkBetween } from "./covered-directory.js";
import {
  EBUSY,
  EEXIST,
  EINVAL,
  EISDIR,
  ELOOP,
  ENOENT,
  ENOTDIR,
  ENOTEMPTY,
  EPERM,
  type Errno,
} from "./errno.js";
import { EMPTY_DIRECTORY } from "./memory/empty-directory.js";
import {
  FILETYPE_DIRECTORY,
  FILETYPE_SYMBOLIC_LINK,
  OPEN_CREATE,
  OPEN_DIRECTORY,
  OPEN_EXCLUSIVE,
  OPEN_TRUNCATE,
  OPEN_WRITE,
  emptyStat,
  type File,
  type OpenFlags,
  type Stat,
} from "./node.js";
import { Location, Walk } from "./resolve.js";

// Calls are synchronous and never nested, so one walk for each of the two paths of a call is enough.
const nowhere = new Location(EMPTY_DIRECTORY, false);
const walk = new Walk(nowhere);
const otherWalk = new Walk(nowhere);
const scratch: Stat = emptyStat();

/** Opens what is at `path`: a file, or a directory as a new {@link Location}. */
export function openPath(
  at: Location,
  path: string,
  follow: boolean,
  flags: OpenFlags,
): File | Location | Errno {
  const error = walk.begin(at, path);
  const answer = error < 0 ? error : openLast(follow, flags);
  walk.end();
  return answer;
}

function openLast(follow: boolean, flags: OpenFlags): File | Location | Errno {
  for (;;) {
    if (walk.name === "") {
      if ((flags & OPEN_CREATE) !== 0) return (flags & OPEN_EXCLUSIVE) === 0 ? -EISDIR : -EEXIST;
      if ((flags & (OPEN_WRITE | OPEN_TRUNCATE)) !== 0) return -EISDIR;
      const directory = walk.take();
      return typeof directory === "number" ? directory : new Location(directory, false);
    }
    if (walk.slash && (flags & OPEN_CREATE) !== 0) return -EISDIR;
    const opened = walk.directory.open(walk.name, walk.slash ? flags | OPEN_DIRECTORY : flags);
    if (typeof opened !== "number")
      return opened.type === FILETYPE_DIRECTORY ? new Location(opened, false) : opened;
    if (opened !== -ELOOP || !(follow || walk.slash)) return opened;
    const error = walk.followLast();
    if (error < 0) return error;
  }
}

export function statPath(at: Location, path: string, follow: boolean, out: Stat): Errno {
  const error = walk.begin(at, path);
  const answer = error < 0 ? error : statLast(walk, follow, out);
  walk.end();
  return answer;
}

/** Leaves the walk at what it has filled `out` from. */
function statLast(on: Walk, follow: boolean, out: Stat): Errno {
  for (;;) {
    if (on.name === "") return on.directory.stat(out);
    const error = on.directory.statAt(on.name, out);
    if (error < 0) return error;
    if (out.type !== FILETYPE_SYMBOLIC_LINK || !(follow || on.slash))
      return on.slash && out.type !== FILETYPE_DIRECTORY ? -ENOTDIR : 0;
    const failed = on.followLast();
    if (failed < 0) return failed;
  }
}

/** Sets times in ns; `undefined` leaves one as it is. */
export function setTimesPath(
  at: Location,
  path: string,
  follow: boolean,
  atime: bigint | undefined,
  mtime: bigint | undefined,
): Errno {
  let answer = walk.begin(at, path);
  if (answer === 0) answer = statLast(walk, follow, scratch);
  if (answer === 0)
    answer =
      walk.name === ""
        ? walk.directory.setTimes(atime, mtime)
        : walk.directory.setTimesAt(walk.name, atime, mtime);
  walk.end();
  return answer;
}

export function readlinkPath(at: Location, path: string): string | Errno {
  const error = walk.begin(at, path);
  const answer = error < 0 ? error : readlinkLast();
  walk.end();
  return answer;
}

function readlinkLast(): string | Errno {
  if (walk.name === "") return -EINVAL;
  if (!walk.slash) return walk.directory.readlink(walk.name);
  const error = statLast(walk, true, scratch);
  return error < 0 ? error : -EINVAL;
}

export function mkdirPath(at: Location, path: string): Errno {
  let answer = walk.begin(at, path);
  if (answer === 0) answer = walk.name === "" ? -EEXIST : walk.directory.mkdir(walk.name);
  walk.end();
  return answer;
}

export function rmdirPath(at: Location, path: string): Errno {
  let answer = walk.begin(at, path);
  if (answer === 0) {
    if (walk.name !== "") answer = walk.directory.rmdir(walk.name);
    else answer = endsWithParent(path) ? -ENOTEMPTY : -EINVAL;
  }
  walk.end();
  return answer;
}

function endsWithParent(path: string): boolean {
  return /(?:^|\/)\.\.\/*$/.test(path);
}

export function unlinkPath(at: Location, path: string): Errno {
  let answer = walk.begin(at, path);
  if (answer === 0) answer = unlinkLast();
  walk.end();
  return answer;
}

function unlinkLast(): Errno {
  if (walk.name === "") return -EISDIR;
  if (!walk.slash) return walk.directory.unlink(walk.name);
  const error = walk.directory.statAt(walk.name, scratch);
  if (error < 0) return error;
  return scratch.type === FILETYPE_DIRECTORY ? -EISDIR : -ENOTDIR;
}

export function symlinkPath(target: string, at: Location, path: string): Errno {
  let answer = walk.begin(at, path);
  if (answer === 0 && target === "") answer = -ENOENT;
  if (answer === 0) answer = refuseAsNewName(walk);
  if (answer === 0) answer = walk.directory.symlink(target, walk.name);
  walk.end();
  return answer;
}

/** A name that is to be made and be no directory: what speaks against it before the filesystem is asked. */
function refuseAsNewName(on: Walk): Errno {
  if (on.name === "") return -EEXIST;
  if (!on.slash) return 0;
  const error = on.directory.statAt(on.name, scratch);
  if (error < 0) return error;
  return scratch.type === FILETYPE_DIRECTORY ? -EEXIST : -ENOTDIR;
}

export function linkPath(
  at: Location,
  path: string,
  follow: boolean,
  to: Location,
  toPath: string,
): Errno {
  let answer = walk.begin(at, path);
  if (answer === 0) answer = otherWalk.begin(to, toPath);
  if (answer === 0) answer = linkLast(follow);
  otherWalk.end();
  walk.end();
  return answer;
}

/** A directory has one name; like Linux, what speaks against the new name is said before that. */
function linkLast(follow: boolean): Errno {
  const error = statLast(walk, follow, scratch);
  if (error < 0) return error;
  const isDirectory = walk.name === "" || scratch.type === FILETYPE_DIRECTORY;
  const refused = refuseAsNewName(otherWalk);
  if (refused < 0) return refused;
  if (isDirectory) {
    const missing = otherWalk.directory.statAt(otherWalk.name, scratch);
    return missing === 0 ? -EEXIST : missing === -ENOENT ? -EPERM : missing;
  }
  return linkBetween(walk.directory, walk.name, otherWalk.directory, otherWalk.name);
}

export function renamePath(at: Location, path: string, to: Location, toPath: string): Errno {
  let answer = walk.begin(at, path);
  if (answer === 0) answer = otherWalk.begin(to, toPath);
  if (answer === 0) answer = renameLast();
  otherWalk.end();
  walk.end();
  return answer;
}

function renameLast(): Errno {
  if (walk.name === "" || otherWalk.name === "") return -EBUSY;
  if (walk.slash || otherWalk.slash) {
    const error = walk.directory.statAt(walk.name, scratch);
    if (error < 0) return error;
    if (scratch.type !== FILETYPE_DIRECTORY) return -ENOTDIR;
  }
  return renameBetween(walk.directory, walk.name, otherWalk.directory, otherWalk.name);
}
