/** A directory of the host, open: every change of names goes through one system call of the host. */
import * as fs from "node:fs";
import { ENOENT, ENOTSUP, EOVERFLOW, EROFS, EXDEV } from "../errno.js";
import type { Errno } from "../errno.js";
import type { Directory, DirectoryEntry, File, OpenFlags, Stat } from "../node.js";
import { FILETYPE_DIRECTORY } from "../node.js";
import { errnoOf } from "./host-errno.js";
import { HostFile } from "./host-file.js";
import type { HostMount } from "./host-mount.js";
import { fileTypeOf } from "./host-mount.js";
import { isLink } from "./is-link.js";
import { makeLink, Move } from "./link-containment.js";
import { openChild } from "./open-child.js";
import { childPath } from "./place.js";
import type { Place } from "./place.js";
import { readEntries } from "./read-entries.js";
import { refuseChange, refuseNew, refuseRmdir, refuseUnlink } from "./read-only-answers.js";

/** Mode of a directory that a guest makes, less the app's umask: preview 1 has no modes. */
const DIRECTORY_MODE = 0o777;

/** A million entries, some 200 MB once listed: beyond it `list` answers -EOVERFLOW. */
const MAX_LISTED_ENTRIES = 1_000_000;

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
    const child = openChild(this.filesystem, this.#place, name, flags);
    if (typeof child === "number" || child instanceof HostFile) return child;
    return new HostDirectory(this.filesystem, child);
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
    if (this.filesystem.readOnly) return refuseNew(this, name);
    const path = this.#child(name);
    if (typeof path === "number") return path;
    return attempt(() => fs.mkdirSync(path, DIRECTORY_MODE));
  }

  rmdir(name: string): Errno {
    if (this.filesystem.readOnly) return refuseRmdir(this, name);
    const path = this.#child(name);
    if (typeof path === "number") return path;
    return attempt(() => fs.rmdirSync(path));
  }

  unlink(name: string): Errno {
    if (this.filesystem.readOnly) return refuseUnlink(this, name);
    const path = this.#child(name);
    if (typeof path === "number") return path;
    return attempt(() => fs.unlinkSync(path));
  }

  rename(name: string, to: Directory, toName: string): Errno {
    return this.#move(name, to, toName, fs.renameSync, (path, toPath) =>
      fs.renameSync(toPath, path),
    );
  }

  link(name: string, to: Directory, toName: string): Errno {
    return this.#move(name, to, toName, linkNotFollowing, (_path, toPath) => fs.unlinkSync(toPath));
  }

  symlink(target: string, name: string): Errno {
    if (this.filesystem.readOnly) return refuseNew(this, name);
    const path = this.#child(name);
    if (typeof path === "number") return path;
    if (this.filesystem.links === "any") return attempt(() => fs.symlinkSync(target, path));
    try {
      return makeLink(target, this.#place, path);
    } catch (error) {
      return errnoOf(error);
    }
  }

  setTimesAt(name: string, atime: bigint | undefined, mtime: bigint | undefined): Errno {
    if (this.filesystem.readOnly) return refuseChange(this, name);
    const path = this.#child(name);
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
    return childPath(this.#place, name);
  }

  #move(
    name: string,
    to: Directory,
    toName: string,
    apply: (path: string, toPath: string) => Errno | void,
    undo: (path: string, toPath: string) => void,
  ): Errno {
    if (!(to instanceof HostDirectory) || to.filesystem !== this.filesystem) return -EXDEV;
    if (this.filesystem.readOnly) return refuseChange(this, name);
    const path = this.#child(name);
    if (typeof path === "number") return path;
    const toPath = to.#child(toName);
    if (typeof toPath === "number") return toPath;
    try {
      if (this.filesystem.links === "any" || to.#place === this.#place)
        return apply(path, toPath) ?? 0;
      const move = new Move(this.#place, name, to.#place, toName);
      const refused = move.check();
      if (refused < 0) return refused;
      const error = apply(path, toPath) ?? 0;
      return error < 0 ? error : move.confirm(undo);
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

function attempt(operation: () => void): Errno {
  try {
    operation();
    return 0;
  } catch (error) {
    return errnoOf(error);
  }
}
