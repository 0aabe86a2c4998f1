/** Directories on the way to a mount: the names of mounts and of what leads to them cover what is below. */
import { EBUSY, EEXIST, EINVAL, EISDIR, type Errno } from "./errno.js";
import { EMPTY_DIRECTORY } from "./memory/empty-directory.js";
import {
  FILETYPE_DIRECTORY,
  OPEN_CREATE,
  OPEN_EXCLUSIVE,
  OPEN_TRUNCATE,
  OPEN_WRITE,
  emptyStat,
  type Directory,
  type DirectoryEntry,
  type File,
  type OpenFlags,
  type Stat,
} from "./node.js";

/** One path of a namespace at which something is mounted, or that leads to such a path. */
export class MountPoint {
  /** The root of what is mounted here. */
  mounted: Directory | undefined = undefined;
  readonly children = new Map<string, MountPoint>();

  /** `directory` as it looks at this place: with the mounts below it. */
  cover(directory: Directory): Directory {
    return this.children.size === 0 ? directory : new CoveredDirectory(directory, this);
  }

  /** The directory at this place, seen from `parent`, where it would be `name`. */
  enter(parent: Directory, name: string): Directory | Errno {
    if (this.mounted !== undefined) {
      const root = this.mounted.duplicate();
      return typeof root === "number" ? root : this.cover(root);
    }
    // The way to a mount need not exist, nor be a directory, where it is mounted.
    const directory = parent.openDirectory(name);
    return this.cover(typeof directory === "number" ? EMPTY_DIRECTORY : directory);
  }
}

/**
 * A directory with mount points among its children: they hide what has their name, show in `list`, and
 * cannot be moved, removed or replaced (-EBUSY).
 */
export class CoveredDirectory implements Directory {
  readonly type = FILETYPE_DIRECTORY;
  readonly filesystem: object;
  readonly #inner: Directory;
  readonly #point: MountPoint;

  constructor(inner: Directory, point: MountPoint) {
    this.filesystem = inner.filesystem;
    this.#inner = inner;
    this.#point = point;
  }

  /** The directory below, for an operation on `name`; -EBUSY if that is a mount point. */
  below(name: string): Directory | Errno {
    return this.#point.children.has(name) ? -EBUSY : this.#inner;
  }

  openDirectory(name: string): Directory | Errno {
    const point = this.#point.children.get(name);
    return point === undefined ? this.#inner.openDirectory(name) : point.enter(this.#inner, name);
  }

  open(name: string, flags: OpenFlags): File | Directory | Errno {
    const point = this.#point.children.get(name);
    if (point === undefined) return this.#inner.open(name, flags);
    if ((flags & OPEN_CREATE) !== 0 && (flags & OPEN_EXCLUSIVE) !== 0) return -EEXIST;
    if ((flags & (OPEN_CREATE | OPEN_WRITE | OPEN_TRUNCATE)) !== 0) return -EISDIR;
    return point.enter(this.#inner, name);
  }

  statAt(name: string, out: Stat): Errno {
    const point = this.#point.children.get(name);
    if (point === undefined) return this.#inner.statAt(name, out);
    const directory = point.enter(this.#inner, name);
    if (typeof directory === "number") return directory;
    const error = directory.stat(out);
    directory.close();
    return error;
  }

  readlink(name: string): string | Errno {
    return this.#point.children.has(name) ? -EINVAL : this.#inner.readlink(name);
  }

  mkdir(name: string): Errno {
    return this.#point.children.has(name) ? -EEXIST : this.#inner.mkdir(name);
  }

  rmdir(name: string): Errno {
    return this.#point.children.has(name) ? -EBUSY : this.#inner.rmdir(name);
  }

  unlink(name: string): Errno {
    return this.#point.children.has(name) ? -EISDIR : this.#inner.unlink(name);
  }

  rename(name: string, to: Directory, toName: string): Errno {
    const from = this.below(name);
    return typeof from === "number" ? from : renameBetween(from, name, to, toName);
  }

  link(name: string, to: Directory, toName: string): Errno {
    const from = this.below(name);
    return typeof from === "number" ? from : linkBetween(from, name, to, toName);
  }

  symlink(target: string, name: string): Errno {
    return this.#point.children.has(name) ? -EEXIST : this.#inner.symlink(target, name);
  }

  setTimesAt(name: string, atime: bigint | undefined, mtime: bigint | undefined): Errno {
    const point = this.#point.children.get(name);
    if (point === undefined) return this.#inner.setTimesAt(name, atime, mtime);
    const directory = point.enter(this.#inner, name);
    if (typeof directory === "number") return directory;
    const error = directory.setTimes(atime, mtime);
    directory.close();
    return error;
  }

  list(): DirectoryEntry[] | Errno {
    const entries = this.#inner.list();
    if (typeof entries === "number") return entries;
    const children = this.#point.children;
    const all = entries.filter((entry) => !children.has(entry.name));
    const stat = emptyStat();
    for (const name of children.keys()) {
      if (this.statAt(name, stat) < 0) continue;
      all.push({ name, ino: stat.ino, type: FILETYPE_DIRECTORY });
    }
    return all;
  }

  stat(out: Stat): Errno {
    return this.#inner.stat(out);
  }

  setTimes(atime: bigint | undefined, mtime: bigint | undefined): Errno {
    return this.#inner.setTimes(atime, mtime);
  }

  sync(): Errno {
    return this.#inner.sync();
  }

  duplicate(): Directory | Errno {
    const inner = this.#inner.duplicate();
    return typeof inner === "number" ? inner : new CoveredDirectory(inner, this.#point);
  }

  close(): void {
    this.#inner.close();
  }
}

/** Renames between any two directories: filesystems know nothing of what covers theirs. */
export function renameBetween(from: Directory, name: string, to: Directory, toName: string): Errno {
  const target = to instanceof CoveredDirectory ? to.below(toName) : to;
  return typeof target === "number" ? target : from.rename(name, target, toName);
}

/** Links between any two directories, as {@link renameBetween}. */
export function linkBetween(from: Directory, name: string, to: Directory, toName: string): Errno {
  const target = to instanceof CoveredDirectory ? to.below(toName) : to;
  if (target === -EBUSY) return -EEXIST;
  return typeof target === "number" ? target : from.link(name, target, toName);
}
