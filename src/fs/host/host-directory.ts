/** A directory of the host, open: every change of names goes through one system call of the host. */
import * as fs from "node:fs";
import {
  EACCES,
  EEXIST,
  EINVAL,
  EISDIR,
  ELOOP,
  ENOENT,
  ENOTSUP,
  ENXIO,
  EOVERFLOW,
  EPERM,
  EROFS,
  EXDEV,
} from "../errno.js";
import type { Errno } from "../errno.js";
import type { Directory, DirectoryEntry, File, OpenFlags, Stat } from "../node.js";
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
import { checkMove, leadsOut } from "./link-containment.js";
import { openDescriptor } from "./open-descriptor.js";
import type { Place } from "./place.js";
import { readEntries } from "./read-entries.js";

/** Modes of what a guest makes, less the app's umask: preview 1 has no modes. */
const FILE_MODE = 0o666;
const DIRECTORY_MODE = 0o777;

/** A million entries, some 200 MB once listed: beyond it `list` answers -EOVERFLOW. */
const MAX_LISTED_ENTRIES = 1_000_000;

const C = fs.constants;
/**
 * Never follow a link; never wait for the other end of a FIFO; never make a terminal ours. The last
 * three are undefined on Windows.
 */
const OPEN_ALWAYS = (C.O_NOFOLLOW ?? 0) | (C.O_NONBLOCK ?? 0) | (C.O_NOCTTY ?? 0);

const CHANGES = OPEN_WRITE | OPEN_CREATE | OPEN_TRUNCATE;

const LSTAT = { bigint: true, throwIfNoEntry: false } as const;

export class HostDirectory implements Directory {
  readonly type = FILETYPE_DIRECTORY;
  readonly filesystem: HostMount;
  readonly #place: Place;

  /** `place` is the directory's from now on, and closed with it. */
  constructor(mount: HostMount, place: Place) {
    this.filesystem = mount;
    this.#place = place;
  }

  openDirectory(name: string): Directory | Errno {
    if (!this.#place.isName(name)) return -ENOENT;
    const place = this.#place.open(name);
    return typeof place === "number" ? place : new HostDirectory(this.filesystem, place);
  }

  open(name: string, flags: OpenFlags): File | Directory | Errno {
    if ((flags & OPEN_DIRECTORY) !== 0) return this.#openForListing(name, flags);
    const path = this.#child(name);
    if (typeof path === "number") return path;
    if (this.filesystem.readOnly && (flags & CHANGES) !== 0) return refuseChange(path, flags);
    if (C.O_NOFOLLOW === undefined && isLink(path)) return -ELOOP;
    const fd = openDescriptor(path, hostFlags(flags), FILE_MODE);
    return fd < 0 ? this.#afterFailedOpen(name, flags, fd) : this.#opened(fd, name, flags);
  }

  statAt(name: string, out: Stat): Errno {
    const path = this.#child(name);
    if (typeof path === "number") return path;
    try {
      const stat = fs.lstatSync(path, LSTAT);
      if (stat === undefined) return -ENOENT;
      this.filesystem.fill(out, stat);
      return 0;
    } catch (error) {
      return errnoOf(error);
    }
  }

  readlink(name: string): string | Errno {
    const path = this.#child(name);
    if (typeof path === "number") return path;
    try {
      return fs.readlinkSync(path);
    } catch (error) {
      return errnoOf(error);
    }
  }

  mkdir(name: string): Errno {
    const path = this.#changing(name);
    if (typeof path === "number") return path;
    return attempt(() => fs.mkdirSync(path, DIRECTORY_MODE));
  }

  rmdir(name: string): Errno {
    const path = this.#changing(name);
    if (typeof path === "number") return path;
    return attempt(() => fs.rmdirSync(path));
  }

  unlink(name: string): Errno {
    const path = this.#changing(name);
    if (typeof path === "number") return path;
    return attempt(() => fs.unlinkSync(path));
  }

  rename(name: string, to: Directory, toName: string): Errno {
    return this.#move(name, to, toName, fs.renameSync);
  }

  link(name: string, to: Directory, toName: string): Errno {
    return this.#move(name, to, toName, linkNotFollowing);
  }

  symlink(target: string, name: string): Errno {
    const path = this.#changing(name);
    if (typeof path === "number") return path;
    if (this.filesystem.links === "contained") {
      const depth = this.#place.depth();
      if (depth < 0 || leadsOut(target, depth)) return -EPERM;
    }
    return attempt(() => fs.symlinkSync(target, path));
  }

  setTimesAt(name: string, atime: bigint | undefined, mtime: bigint | undefined): Errno {
    const path = this.#changing(name);
    if (typeof path === "number") return path;
    return this.filesystem.setTimes(
      atime,
      mtime,
      () => fs.lstatSync(path, { bigint: true }),
      (atimeSeconds, mtimeSeconds) => fs.lutimesSync(path, atimeSeconds, mtimeSeconds),
    );
  }

  /**
   * By name. Names that are not UTF-8 on the host are left out: WASI has no way to say them. One `lstat`
   * for each entry, because Node's directory entries lack the inode.
   */
  list(): DirectoryEntry[] | Errno {
    const prefix = this.#place.prefix();
    if (typeof prefix === "number") return prefix;
    const entries: DirectoryEntry[] = [];
    try {
      const names: string[] = [];
      const errno = readEntries(prefix, (entry) =>
        names.push(entry.name) > MAX_LISTED_ENTRIES ? -EOVERFLOW : 0,
      );
      if (errno < 0) return errno;
      let previous = "";
      for (const name of names.sort()) {
        // A name that is not UTF-8 comes with replacement characters and is not found again.
        const stat = name === previous ? undefined : fs.lstatSync(prefix + name, LSTAT);
        previous = name;
        if (stat === undefined) continue;
        entries.push({ name, ino: stat.ino, type: fileTypeOf(Number(stat.mode)) });
      }
    } catch (error) {
      return errnoOf(error);
    }
    return entries;
  }

  stat(out: Stat): Errno {
    const prefix = this.#place.prefix();
    if (typeof prefix === "number") return prefix;
    return attempt(() => this.filesystem.fill(out, this.#place.stat()));
  }

  setTimes(atime: bigint | undefined, mtime: bigint | undefined): Errno {
    const prefix = this.#place.prefix();
    if (typeof prefix === "number") return prefix;
    if (this.filesystem.readOnly) return -EROFS;
    return this.filesystem.setTimes(
      atime,
      mtime,
      () => this.#place.stat(),
      (atimeSeconds, mtimeSeconds) => fs.utimesSync(prefix, atimeSeconds, mtimeSeconds),
    );
  }

  sync(): Errno {
    const prefix = this.#place.prefix();
    if (typeof prefix === "number") return prefix;
    return attempt(() => this.#place.sync());
  }

  duplicate(): Directory | Errno {
    const prefix = this.#place.prefix();
    if (typeof prefix === "number") return prefix;
    return new HostDirectory(this.filesystem, this.#place.duplicate());
  }

  close(): void {
    this.#place.close();
  }

  /** The host path of a child, for one system call. */
  #child(name: string): string | Errno {
    // The callers of a filesystem never pass such names; the host must not see one if they ever did.
    if (!this.#place.isName(name)) return -ENOENT;
    const prefix = this.#place.prefix();
    return typeof prefix === "number" ? prefix : prefix + name;
  }

  #changing(name: string): string | Errno {
    return this.filesystem.readOnly ? -EROFS : this.#child(name);
  }

  #openForListing(name: string, flags: OpenFlags): Directory | Errno {
    if ((flags & OPEN_CREATE) !== 0) return -EINVAL;
    const directory = this.openDirectory(name);
    if (typeof directory === "number" || (flags & CHANGES) === 0) return directory;
    directory.close();
    return -EISDIR;
  }

  #afterFailedOpen(name: string, flags: OpenFlags, errno: Errno): Directory | Errno {
    // A directory that may be walked but not read can be opened all the same, as O_PATH does.
    if ((errno !== -EACCES && errno !== -EISDIR && errno !== -EPERM) || (flags & CHANGES) !== 0) {
      return errno;
    }
    const directory = this.openDirectory(name);
    return typeof directory === "number" ? errno : directory;
  }

  /**
   * Takes what was opened if it is a regular file or a directory. All else is -ENXIO, as the kernel
   * itself answers for a socket and for a FIFO that nobody reads: a device or pipe of the host is not a
   * file that was granted. It is looked at after opening, since only that is free of races and a look
   * before would cost every open as much again; O_NONBLOCK keeps it from waiting.
   */
  #opened(fd: number, name: string, flags: OpenFlags): File | Directory | Errno {
    const mode = attemptNumber(() => fs.fstatSync(fd).mode);
    const type = fileTypeOf(mode);
    if (mode >= 0 && type === FILETYPE_REGULAR_FILE) {
      const writable = (flags & OPEN_WRITE) !== 0;
      return new HostFile(this.filesystem, fd, writable ? this.#place.openForAppend : undefined);
    }
    if (mode >= 0 && type === FILETYPE_DIRECTORY) {
      const place = this.#place.adopt(fd, name);
      return typeof place === "number" ? place : new HostDirectory(this.filesystem, place);
    }
    fs.closeSync(fd);
    return mode < 0 ? mode : -ENXIO;
  }

  #move(
    name: string,
    to: Directory,
    toName: string,
    apply: (path: string, toPath: string) => Errno | void,
  ): Errno {
    if (!(to instanceof HostDirectory) || to.filesystem !== this.filesystem) return -EXDEV;
    const path = this.#changing(name);
    if (typeof path === "number") return path;
    const toPath = to.#changing(toName);
    if (typeof toPath === "number") return toPath;
    try {
      if (this.filesystem.links === "contained" && to.#place !== this.#place) {
        const refused = checkMove(this.#place, name, to.#place);
        if (refused < 0) return refused;
      }
      return apply(path, toPath) ?? 0;
    } catch (error) {
      return errnoOf(error);
    }
  }
}

function linkNotFollowing(path: string, toPath: string): Errno {
  // Linux links the symbolic link itself; link(2) of other hosts links what it leads to.
  if (process.platform !== "linux" && isLink(path)) return -ENOTSUP;
  fs.linkSync(path, toPath);
  return 0;
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
    const stat = fs.lstatSync(path, LSTAT);
    if (stat === undefined) return (flags & OPEN_CREATE) === 0 ? -ENOENT : -EROFS;
    if ((flags & OPEN_CREATE) !== 0 && (flags & OPEN_EXCLUSIVE) !== 0) return -EEXIST;
    const type = fileTypeOf(Number(stat.mode));
    // The link may lead to a mount that can be written to.
    if (type === FILETYPE_SYMBOLIC_LINK) return -ELOOP;
    return type === FILETYPE_DIRECTORY ? -EISDIR : -EROFS;
  } catch (error) {
    return errnoOf(error);
  }
}

function attempt(operation: () => void): Errno {
  return attemptNumber(() => {
    operation();
    return 0;
  });
}

function attemptNumber(operation: () => number): number {
  try {
    return operation();
  } catch (error) {
    return errnoOf(error);
  }
}
