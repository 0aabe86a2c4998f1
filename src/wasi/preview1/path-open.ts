import { EBADF, EFAULT, EINVAL, ENOTDIR, EPERM, EROFS } from "../../fs/errno.js";
import {
  OPEN_APPEND,
  OPEN_CREATE,
  OPEN_DIRECTORY,
  OPEN_EXCLUSIVE,
  OPEN_READ,
  OPEN_TRUNCATE,
  OPEN_WRITE,
} from "../../fs/node.js";
import { openPath } from "../../fs/path-calls.js";
import { Location } from "../../fs/resolve.js";
import type { Caller } from "./caller.js";
import { KIND_DIRECTORY, KIND_FILE, OpenDirectory, OpenFile } from "./descriptor.js";
import { knownRights } from "./fd-table.js";
import { pathBelow } from "../guest-path.js";
import { readPath } from "../guest-string.js";
import {
  FDFLAG_APPEND,
  FDFLAGS_ALL,
  LOOKUP_SYMLINK_FOLLOW,
  OFLAG_CREAT,
  OFLAG_DIRECTORY,
  OFLAG_EXCL,
  OFLAG_TRUNC,
  OFLAGS_ALL,
  RIGHT_FD_READ,
  RIGHT_FD_WRITE,
} from "./layout.js";

export function pathOpenFunctions(caller: Caller) {
  const { memory } = caller;
  return {
    path_open(
      dirfd: number,
      lookup: number,
      path: number,
      length: number,
      oflags: number,
      base: bigint,
      inheriting: bigint,
      fdflags: number,
      out: number,
    ): number {
      const process = caller.enter();
      const { descriptors } = process;
      if (lookup >>> 0 > LOOKUP_SYMLINK_FOLLOW || oflags >>> 0 > OFLAGS_ALL) return EINVAL;
      if (fdflags >>> 0 > FDFLAGS_ALL) return EINVAL;
      if (!knownRights(base) || !knownRights(inheriting)) return EINVAL;
      const address = out >>> 0;
      if (!memory.holds(address, 4)) return EFAULT;
      const at = descriptors.get(dirfd >>> 0);
      if (at?.kind !== KIND_DIRECTORY) return at?.kind === KIND_FILE ? ENOTDIR : EBADF;
      const name = readPath(memory, path >>> 0, length >>> 0);
      if (typeof name === "number") return -name;
      if ((oflags & OFLAG_DIRECTORY) !== 0 && oflags !== OFLAG_DIRECTORY) return EINVAL;
      const full = descriptors.next();
      if (full < 0) return -full;

      const rights = Number(base);
      const follow = lookup === LOOKUP_SYMLINK_FOLLOW;
      let flags = toOpenFlags(oflags, fdflags, rights);
      let opened = openPath(at.location, name, follow, flags);
      if (
        (opened === -EROFS || opened === -EPERM) &&
        oflags === OFLAG_CREAT &&
        (rights & RIGHT_FD_WRITE) === 0
      ) {
        // "Create" makes a descriptor writable, but a file that is there may be read where it cannot be.
        flags &= ~(OPEN_WRITE | OPEN_CREATE);
        const existing = openPath(at.location, name, follow, flags);
        if (typeof existing !== "number") opened = existing;
      }
      if (typeof opened === "number") return process.answer("path_open", opened, at, name);
      const descriptor =
        opened instanceof Location
          ? new OpenDirectory(opened, undefined, pathBelow(at.path, name))
          : new OpenFile(opened, (flags & OPEN_READ) !== 0, (flags & OPEN_WRITE) !== 0, fdflags);
      memory.view.setUint32(address, descriptors.add(descriptor), true);
      return 0;
    },
  };
}

/**
 * The access mode, from what the reference runtime gives to the system: creating and truncating open for
 * writing, and whoever does not ask to write may read. So a program that asks for no rights can read.
 */
function toOpenFlags(oflags: number, fdflags: number, rights: number): number {
  const write = (rights & RIGHT_FD_WRITE) !== 0;
  let flags = 0;
  if (!write || (rights & RIGHT_FD_READ) !== 0) flags |= OPEN_READ;
  if (write || (oflags & (OFLAG_CREAT | OFLAG_TRUNC)) !== 0) flags |= OPEN_WRITE;
  if ((oflags & OFLAG_CREAT) !== 0) flags |= OPEN_CREATE;
  if ((oflags & OFLAG_CREAT) !== 0 && (oflags & OFLAG_EXCL) !== 0) flags |= OPEN_EXCLUSIVE;
  if ((oflags & OFLAG_TRUNC) !== 0) flags |= OPEN_TRUNCATE;
  if ((oflags & OFLAG_DIRECTORY) !== 0) flags |= OPEN_DIRECTORY;
  if ((fdflags & FDFLAG_APPEND) !== 0) flags |= OPEN_APPEND;
  return flags;
}
