/** `open` of one name in a host directory. */
import * as fs from "node:fs";
import { EACCES, EEXIST, EINVAL, EISDIR, ELOOP, ENOENT, ENXIO, EPERM, EROFS } from "../errno.js";
import type { Errno } from "../errno.js";
import type { OpenFlags } from "../node.js";
import {
  FILETYPE_DIRECTORY,
  FILETYPE_REGULAR_FILE,
  FILETYPE_SYMBOLIC_LINK,
  OPEN_CREATE,
  OPEN_DIRECTORY,
  OPEN_EXCLUSIVE,
  OPEN_READ,
  OPEN_TRUNCATE,
  OPEN_WRITE,
} from "../node.js";
import { errnoOf } from "./host-errno.js";
import { HostFile } from "./host-file.js";
import type { HostMount } from "./host-mount.js";
import { fileTypeOf } from "./host-mount.js";
import { isLink } from "./is-link.js";
import { openDescriptor } from "./open-descriptor.js";
import { childPath } from "./place.js";
import type { Place } from "./place.js";

/** Mode of a file that a guest makes, less the app's umask: preview 1 has no modes. */
const FILE_MODE = 0o666;

const CHANGES = OPEN_WRITE | OPEN_CREATE | OPEN_TRUNCATE;

const C = fs.constants;
/**
 * Never follow a link; never wait for the other end of a FIFO; never make a terminal ours. All three
 * are undefined on Windows.
 */
const OPEN_ALWAYS = (C.O_NOFOLLOW ?? 0) | (C.O_NONBLOCK ?? 0) | (C.O_NOCTTY ?? 0);

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
  if (C.O_NOFOLLOW === undefined && isLink(path)) return -ELOOP;
  const fd = openDescriptor(path, hostFlags(flags), FILE_MODE);
  return fd < 0 ? afterFailure(place, name, flags, fd) : take(mount, place, name, flags, fd);
}

function openDirectory(place: Place, name: string, flags: OpenFlags): Place | Errno {
  if ((flags & OPEN_CREATE) !== 0) return -EINVAL;
  const directory = place.open(name);
  if (typeof directory === "number" || (flags & CHANGES) === 0) return directory;
  directory.close();
  return -EISDIR;
}

/** A directory that may be walked but not read can be opened all the same, as with O_PATH. */
function afterFailure(place: Place, name: string, flags: OpenFlags, errno: Errno): Place | Errno {
  if ((flags & CHANGES) !== 0) return errno;
  // Windows says one of the last two of any directory.
  if (errno !== -EACCES && errno !== -EISDIR && errno !== -EPERM) return errno;
  const directory = place.open(name);
  return typeof directory === "number" ? errno : directory;
}

/**
 * Takes what was opened if it is a regular file or a directory. All else is -ENXIO, as the kernel itself
 * answers for a socket and for a FIFO that nobody reads: a device or pipe of the host is not a file that
 * was granted. It is looked at after opening, since only that is free of races, and a look before would
 * cost every open half as much again; O_NONBLOCK keeps the opening from waiting.
 */
function take(
  mount: HostMount,
  place: Place,
  name: string,
  flags: OpenFlags,
  fd: number,
): HostFile | Place | Errno {
  let errno: Errno = -ENXIO;
  try {
    const type = fileTypeOf(fs.fstatSync(fd).mode);
    if (type === FILETYPE_REGULAR_FILE) {
      return new HostFile(mount, fd, (flags & OPEN_WRITE) === 0 ? undefined : place.openForAppend);
    }
    if (type === FILETYPE_DIRECTORY) return place.adopt(fd, name);
  } catch (error) {
    errno = errnoOf(error);
  }
  fs.closeSync(fd);
  return errno;
}

function hostFlags(flags: OpenFlags): number {
  const access =
    (flags & OPEN_WRITE) === 0 ? C.O_RDONLY : (flags & OPEN_READ) === 0 ? C.O_WRONLY : C.O_RDWR;
  let answer = OPEN_ALWAYS | access;
  if ((flags & OPEN_CREATE) !== 0) answer |= C.O_CREAT;
  if ((flags & OPEN_CREATE) !== 0 && (flags & OPEN_EXCLUSIVE) !== 0) answer |= C.O_EXCL;
  if ((flags & OPEN_TRUNCATE) !== 0) answer |= C.O_TRUNC;
  return answer;
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
