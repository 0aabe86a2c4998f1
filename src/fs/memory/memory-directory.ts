import {
  EEXIST,
  EINVAL,
  EISDIR,
  ELOOP,
  ENAMETOOLONG,
  ENOENT,
  ENOSPC,
  ENOTDIR,
  ENOTEMPTY,
  EPERM,
  EROFS,
  EXDEV,
  type Errno,
} from "../errno.js";
import {
  FILETYPE_DIRECTORY,
  OPEN_CREATE,
  OPEN_DIRECTORY,
  OPEN_EXCLUSIVE,
  OPEN_TRUNCATE,
  OPEN_WRITE,
  type Directory,
  type DirectoryEntry,
  type File,
  type OpenFlags,
  type Stat,
} from "../node.js";
import { MemoryFile } from "./memory-file.js";
import type { MemoryFilesystem } from "./memory-filesystem.js";
import { MemoryNode } from "./memory-node.js";
import { MemorySymlink } from "./memory-symlink.js";

/** What Linux allows, without the NUL at the end. */
const MAX_LINK_TARGET_BYTES = 4095;
/** What most programs see as a directory's size. */
const DIRECTORY_SIZE = 4096;

type Child = MemoryDirectory | MemoryFile | MemorySymlink;

/** A directory in memory, and every open handle on it. */
export class MemoryDirectory extends MemoryNode implements Directory {
  readonly type = FILETYPE_DIRECTORY;
  readonly #children = new Map<string, Child>();
  /** undefined for the root. */
  #parent: MemoryDirectory | undefined;
  #removed = false;

  constructor(filesystem: MemoryFilesystem, parent: MemoryDirectory | undefined) {
    super(filesystem);
    this.nlink = 2;
    this.#parent = parent;
  }

  openDirectory(name: string): Directory | Errno {
    const child = this.#children.get(name);
    if (child instanceof MemoryDirectory) return child;
    if (child === undefined) return -ENOENT;
    return child instanceof MemorySymlink ? -ELOOP : -ENOTDIR;
  }

  open(name: string, flags: OpenFlags): File | Directory | Errno {
    const child = this.#children.get(name);
    if (child === undefined) return this.#create(name, flags);
    if ((flags & OPEN_EXCLUSIVE) !== 0 && (flags & OPEN_CREATE) !== 0) return -EEXIST;
    if (child instanceof MemorySymlink) return -ELOOP;
    if (child instanceof MemoryDirectory)
      return (flags & (OPEN_WRITE | OPEN_CREATE | OPEN_TRUNCATE)) === 0 ? child : -EISDIR;
    if ((flags & OPEN_DIRECTORY) !== 0) return -ENOTDIR;
    if (this.filesystem.readOnly && (flags & (OPEN_WRITE | OPEN_TRUNCATE)) !== 0) return -EROFS;
    if ((flags & OPEN_TRUNCATE) !== 0) child.truncate(0);
    return child.opened();
  }

  #create(name: string, flags: OpenFlags): File | Errno {
    if ((flags & OPEN_CREATE) === 0) return -ENOENT;
    if ((flags & OPEN_DIRECTORY) !== 0) return -EINVAL;
    const error = this.#admit();
    if (error < 0) return error;
    const file = new MemoryFile(this.filesystem);
    this.#add(name, file);
    return file.opened();
  }

  statAt(name: string, out: Stat): Errno {
    return this.#children.get(name)?.stat(out) ?? -ENOENT;
  }

  readlink(name: string): string | Errno {
    const child = this.#children.get(name);
    if (child === undefined) return -ENOENT;
    if (!(child instanceof MemorySymlink)) return -EINVAL;
    child.accessed();
    return child.target;
  }

  mkdir(name: string): Errno {
    if (this.#children.has(name)) return -EEXIST;
    const error = this.#admit();
    if (error < 0) return error;
    this.#add(name, new MemoryDirectory(this.filesystem, this));
    return 0;
  }

  rmdir(name: string): Errno {
    const child = this.#children.get(name);
    if (child === undefined) return -ENOENT;
    if (!(child instanceof MemoryDirectory)) return -ENOTDIR;
    if (this.filesystem.readOnly) return -EROFS;
    if (child.#children.size > 0) return -ENOTEMPTY;
    this.#remove(name, child);
    return 0;
  }

  unlink(name: string): Errno {
    const child = this.#children.get(name);
    if (child === undefined) return -ENOENT;
    if (child instanceof MemoryDirectory) return -EISDIR;
    if (this.filesystem.readOnly) return -EROFS;
    this.#remove(name, child);
    return 0;
  }

  rename(name: string, to: Directory, toName: string): Errno {
    if (!(to instanceof MemoryDirectory) || to.filesystem !== this.filesystem) return -EXDEV;
    if (this.filesystem.readOnly) return -EROFS;
    const child = this.#children.get(name);
    if (child === undefined || to.#removed) return -ENOENT;
    const replaced = to.#children.get(toName);
    if (replaced === child) return 0;
    if (child instanceof MemoryDirectory) {
      if (to.#isWithin(child)) return -EINVAL;
      if (replaced !== undefined && !(replaced instanceof MemoryDirectory)) return -ENOTDIR;
      if (replaced !== undefined && replaced.#children.size > 0) return -ENOTEMPTY;
    } else if (replaced instanceof MemoryDirectory) return -EISDIR;

    if (replaced !== undefined) to.#remove(toName, replaced);
    this.#children.delete(name);
    if (child instanceof MemoryDirectory) this.nlink--;
    this.modified();
    to.#add(toName, child);
    child.ctime = this.filesystem.now();
    return 0;
  }

  link(name: string, to: Directory, toName: string): Errno {
    if (!(to instanceof MemoryDirectory) || to.filesystem !== this.filesystem) return -EXDEV;
    const child = this.#children.get(name);
    if (child === undefined) return -ENOENT;
    if (child instanceof MemoryDirectory) return -EPERM;
    if (to.#children.has(toName)) return -EEXIST;
    if (this.filesystem.readOnly) return -EROFS;
    if (to.#removed) return -ENOENT;
    if (!this.filesystem.quota.takeFile()) return -ENOSPC;
    child.nlink++;
    child.ctime = this.filesystem.now();
    to.#add(toName, child);
    return 0;
  }

  symlink(target: string, name: string): Errno {
    if (target === "") return -ENOENT;
    const bytes = Buffer.byteLength(target);
    if (bytes > MAX_LINK_TARGET_BYTES) return -ENAMETOOLONG;
    if (this.#children.has(name)) return -EEXIST;
    const error = this.#admit();
    if (error < 0) return error;
    const { quota } = this.filesystem;
    if (quota.takeBytes(bytes, bytes) === 0) {
      quota.giveFile();
      return -ENOSPC;
    }
    this.#add(name, new MemorySymlink(this.filesystem, target, bytes));
    return 0;
  }

  setTimesAt(name: string, atime: bigint | undefined, mtime: bigint | undefined): Errno {
    return this.#children.get(name)?.setTimes(atime, mtime) ?? -ENOENT;
  }

  list(): DirectoryEntry[] | Errno {
    this.accessed();
    const entries: DirectoryEntry[] = [];
    for (const [name, { inode, type }] of this.#children) entries.push({ name, ino: inode, type });
    return entries;
  }

  size(): number {
    return DIRECTORY_SIZE;
  }

  sync(): Errno {
    return 0;
  }

  duplicate(): Directory {
    return this;
  }

  close(): void {
    // Nothing is held.
  }

  /** May one more node be made here? Counts it if so. */
  #admit(): Errno {
    if (this.filesystem.readOnly) return -EROFS;
    if (this.#removed) return -ENOENT;
    return this.filesystem.quota.takeFile() ? 0 : -ENOSPC;
  }

  #add(name: string, child: Child): void {
    this.#children.set(name, child);
    if (child instanceof MemoryDirectory) {
      child.#parent = this;
      this.nlink++;
    }
    this.modified();
  }

  #remove(name: string, child: Child): void {
    this.#children.delete(name);
    if (child instanceof MemoryDirectory) {
      child.#removed = true;
      child.#parent = undefined;
      child.nlink = 1; // "." goes with the name in the parent
      this.nlink--;
    }
    child.unlinked();
    this.modified();
  }

  #isWithin(directory: MemoryDirectory): boolean {
    if (directory === this) return true;
    for (let at = this.#parent; at !== undefined; at = at.#parent)
      if (at === directory) return true;
    return false;
  }
}
