/** `open` of one name behind a guard, where it makes or changes something. */
import { EEXIST, EINVAL, EISDIR, ELOOP, ENOENT, ENOTDIR, EROFS, type Errno } from "../errno.js";
import {
  emptyStat,
  FILETYPE_DIRECTORY,
  FILETYPE_SYMBOLIC_LINK,
  OPEN_CREATE,
  OPEN_DIRECTORY,
  OPEN_EXCLUSIVE,
  OPEN_READ,
  OPEN_TRUNCATE,
  OPEN_WRITE,
  type Directory,
  type File,
  type OpenFlags,
  type Stat,
} from "../node.js";
import { MOUNT_CHANGED, MOUNT_CREATED } from "../policy-board.js";
import type { GuardedDirectory } from "./guarded-directory.js";

const CHANGES = OPEN_WRITE | OPEN_TRUNCATE;
/** Somebody who makes and removes a name all the time must not keep a call for ever. */
const MAX_TRIES = 16;

const scratch: Stat = emptyStat();

/** Opens where all is allowed, and notes whether it has made a file or opened one that was there. */
export function openForChange(
  at: GuardedDirectory,
  name: string,
  flags: OpenFlags,
  state: number,
): File | Directory | Errno {
  const both = MOUNT_CREATED | MOUNT_CHANGED;
  if ((flags & OPEN_CREATE) === 0 || (flags & OPEN_DIRECTORY) !== 0 || (state & both) === both) {
    const opened = at.inner.open(name, flags);
    return noted(at, name, opened, flags, MOUNT_CHANGED, state);
  }
  if ((flags & OPEN_EXCLUSIVE) !== 0) {
    const opened = at.inner.open(name, flags);
    return noted(at, name, opened, flags, MOUNT_CREATED, state);
  }
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const existing = at.inner.open(name, flags & ~OPEN_CREATE);
    if (existing !== -ENOENT) {
      if (typeof existing === "number" || existing.type !== FILETYPE_DIRECTORY)
        return noted(at, name, existing, flags, MOUNT_CHANGED, state);
      existing.close();
      return -EISDIR;
    }
    const made = at.inner.open(name, flags | OPEN_EXCLUSIVE);
    if (made !== -EEXIST) return noted(at, name, made, flags, MOUNT_CREATED, state);
  }
  return noted(at, name, at.inner.open(name, flags), flags, both, state);
}

function noted(
  at: GuardedDirectory,
  name: string,
  opened: File | Directory | Errno,
  flags: OpenFlags,
  use: number,
  state: number,
): File | Directory | Errno {
  if (typeof opened === "number") return openRefused(at, name, opened, flags);
  if ((state & use) !== use) at.guard.used(use);
  return at.wrap(name, opened, (use & MOUNT_CREATED) !== 0);
}

/**
 * Opens with OPEN_CREATE where files may be made but what is there may not be changed: only the
 * filesystem itself, told to make the file or fail, can decide which of the two it is.
 */
export function openNew(
  at: GuardedDirectory,
  name: string,
  flags: OpenFlags,
  state: number,
): File | Directory | Errno {
  if ((flags & OPEN_DIRECTORY) !== 0) return -EINVAL;
  const exclusive = (flags & OPEN_EXCLUSIVE) !== 0;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const made = at.inner.open(name, (flags | OPEN_EXCLUSIVE) & ~OPEN_TRUNCATE);
    if (made !== -EEXIST || exclusive) return noted(at, name, made, flags, MOUNT_CREATED, state);
    const answer = refuseOpen(at.inner, name, flags & ~OPEN_CREATE);
    if (answer === -ENOENT) continue; // gone again
    if (answer !== -EROFS || (flags & CHANGES) !== 0) return openRefused(at, name, answer, flags);
    return at.wrap(name, at.inner.open(name, OPEN_READ), false);
  }
  return -EEXIST;
}

/** What is answered to an open for a change; -EROFS if nothing but the want of a grant speaks against it. */
export function refuseOpen(directory: Directory, name: string, flags: OpenFlags): Errno {
  const create = (flags & OPEN_CREATE) !== 0;
  if (create && (flags & OPEN_DIRECTORY) !== 0) return -EINVAL;
  const error = directory.statAt(name, scratch);
  if (error < 0) return error === -ENOENT && create ? -EROFS : error;
  if (create && (flags & OPEN_EXCLUSIVE) !== 0) return -EEXIST;
  if (scratch.type === FILETYPE_SYMBOLIC_LINK) return -ELOOP;
  if (scratch.type === FILETYPE_DIRECTORY) return -EISDIR;
  return (flags & OPEN_DIRECTORY) === 0 ? -EROFS : -ENOTDIR;
}

/** Tells of an open that was refused for want of a grant. */
export function openRefused(
  at: GuardedDirectory,
  name: string,
  errno: Errno,
  flags: OpenFlags,
): Errno {
  if (errno !== -EROFS) return errno;
  const makes = (flags & OPEN_CREATE) !== 0 && at.inner.statAt(name, scratch) === -ENOENT;
  const needs = makes ? "create-only" : "read-write";
  return at.guard.denied(at.guard.refusal(), "open", at, name, needs);
}
