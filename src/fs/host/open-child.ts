/** `open` of one name in a host directory. */
import * as fs from "node:fs";
import { EEXIST, EINVAL, EISDIR, ELOOP, ENOENT, EROFS } from "../errno.js";
import type { Errno } from "../errno.js";
import type { OpenFlags } from "../node.js";
import {
  FILETYPE_DIRECTORY,
  FILETYPE_SYMBOLIC_LINK,
  OPEN_CREATE,
  OPEN_DIRECTORY,
  OPEN_EXCLUSIVE,
  OPEN_WRITE,
} from "../node.js";
import { errnoOf } from "./host-errno.js";
import { HostFile } from "./host-file.js";
import { CHANGES, hostFlags } from "./host-flags.js";
import type { HostMount } from "./host-mount.js";
import { fileTypeOf } from "./host-mount.js";
import { openDescriptor } from "./open-descriptor.js";
import { childPath } from "./place.js";
import type { Place } from "./place.js";

/** Mode of a file that a guest makes, less the app's umask: preview 1 has no modes. */
const FILE_MODE = 0o666;

/** A name that comes and goes faster than this is being played with; each try is two system calls. */
const MAX_CREATE_TRIES = 100;

/** A file, the place of a directory, or -errno: see `Directory.open`. */
export function openChild(
  mount: HostMount,
  place: Place,
  name: string,
  flags: OpenFlags,
): HostFile | Place | Errno {
  const path = childPath(place, name);
  if (typeof path === "number") return path;
  if ((flags & OPEN_DIRECTORY) !== 0) return openDirectory(place, name, flags);
  if (mount.readOnly && (flags & CHANGES) !== 0) return refuseChange(path, flags);
  const opened =
    (flags & OPEN_CREATE) === 0
      ? place.openExisting(name, flags, mount.links === "any")
      : create(mount, place, name, path, flags);
  if (typeof opened !== "number" || opened < 0) return opened;
  const openForAppend = (flags & OPEN_WRITE) === 0 ? undefined : place.openForAppend;
  return new HostFile(mount, opened, openForAppend);
}

/** What is made here is a regular file for certain; what was there is looked at before it is opened. */
function create(
  mount: HostMount,
  place: Place,
  name: string,
  path: string,
  flags: OpenFlags,
): number | Place {
  const making = hostFlags(flags) | fs.constants.O_CREAT | fs.constants.O_EXCL;
  for (let tries = 0; tries < MAX_CREATE_TRIES; tries++) {
    const made = openDescriptor(path, making, FILE_MODE);
    if (made !== -EEXIST || (flags & OPEN_EXCLUSIVE) !== 0) return made;
    const opened = place.openExisting(name, flags, mount.links === "any");
    if (opened !== -ENOENT) return opened;
  }
  return -ENOENT;
}

function openDirectory(place: Place, name: string, flags: OpenFlags): Place | Errno {
  if ((flags & OPEN_CREATE) !== 0) return -EINVAL;
  const directory = place.open(name);
  if (typeof directory === "number" || (flags & CHANGES) === 0) return directory;
  directory.close();
  return -EISDIR;
}

/** What opening for a change answers on a read-only mount: -EROFS unless another rule comes first. */
function refuseChange(path: string, flags: OpenFlags): Errno {
  try {
    const stat = fs.lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return (flags & OPEN_CREATE) === 0 ? -ENOENT : -EROFS;
    if ((flags & OPEN_CREATE) !== 0 && (flags & OPEN_EXCLUSIVE) !== 0) return -EEXIST;
    const type = fileTypeOf(stat.mode);
    // The link may lead to a mount that can be written to.
    if (type === FILETYPE_SYMBOLIC_LINK) return -ELOOP;
    return type === FILETYPE_DIRECTORY ? -EISDIR : -EROFS;
  } catch (error) {
    return errnoOf(error);
  }
}
