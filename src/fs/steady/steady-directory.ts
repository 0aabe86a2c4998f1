import { ENOENT, EEXIST, EXDEV, type Errno } from "../errno.js";
import {
  emptyStat,
  FILETYPE_DIRECTORY,
  OPEN_CREATE,
  OPEN_EXCLUSIVE,
  OPEN_TRUNCATE,
  OPEN_WRITE,
  type Directory,
  type DirectoryEntry,
  type File,
  type OpenFlags,
  type Stat,
} from "../node.js";
import type { Attributes } from "./attributes.js";
import { SteadyFile } from "./steady-file.js";
import type { SteadyFilesystem } from "./steady-filesystem.js";

/** Of the directory that changes, of the file that it has or gets, and of one that is replaced. */
const own: Stat = emptyStat();
const child: Stat = emptyStat();
const replaced: Stat = emptyStat();

/** A directory of the host that shows times and inode numbers of ours. */
export class SteadyDirectory implements Directory {
  readonly type = FILETYPE_DIRECTORY;
  readonly filesystem: SteadyFilesystem;
  readonly #inner: Directory;
  #attributes: Attributes | undefined;

  constructor(filesystem: SteadyFilesystem, inner: Directory) {
    this.filesystem = filesystem;
    this.#inner = inner;
  }

  openDirectory(name: string): Directory | Errno {
    const directory = this.#inner.openDirectory(name);
    return typeof directory === "number"
      ? directory
      : new SteadyDirectory(this.filesystem, directory);
  }

  open(name: string, flags: OpenFlags): File | Directory | Errno {
    const truncate = (flags & OPEN_TRUNCATE) !== 0;
    const wanted = truncate ? (flags & ~OPEN_TRUNCATE) | OPEN_WRITE : flags;
    const opened = this.#openOrCreate(name, wanted);
    if (!truncate || typeof opened === "number" || opened.type === FILETYPE_DIRECTORY)
      return opened;
    const error = opened.truncate(0);
    if (error === 0) return opened;
    opened.close();
    return error;
  }

  #openOrCreate(name: string, flags: OpenFlags): File | Directory | Errno {
    if ((flags & OPEN_CREATE) === 0) return this.#wrap(this.#inner.open(name, flags));
    for (;;) {
      if ((flags & OPEN_EXCLUSIVE) === 0) {
        const existing = this.#inner.open(name, flags & ~OPEN_CREATE);
        if (existing !== -ENOENT) return this.#wrap(existing);
      }
      this.#meet();
      const made = this.#inner.open(name, flags | OPEN_EXCLUSIVE);
      if (typeof made !== "number") return this.#made(made);
      // Somebody was quicker: open that.
      if (made !== -EEXIST || (flags & OPEN_EXCLUSIVE) !== 0) return made;
    }
  }

  #made(made: File | Directory): File | Directory | Errno {
    const error = made.stat(child);
    if (error < 0) {
      made.close();
      return error;
    }
    if (made.type === FILETYPE_DIRECTORY) return this.#wrap(made);
    return new SteadyFile(this.filesystem, made, this.#created());
  }

  statAt(name: string, out: Stat): Errno {
    const error = this.#inner.statAt(name, out);
    if (error === 0) this.filesystem.fill(out);
    return error;
  }

  readlink(name: string): string | Errno {
    return this.#inner.readlink(name);
  }

  mkdir(name: string): Errno {
    this.#meet();
    return this.#createdAt(name, this.#inner.mkdir(name));
  }

  symlink(target: string, name: string): Errno {
    this.#meet();
    return this.#createdAt(name, this.#inner.symlink(target, name));
  }

  #createdAt(name: string, error: Errno): Errno {
    if (error === 0 && this.#inner.statAt(name, child) === 0) this.#created();
    return error;
  }

  /** Notes what has just been made here, of which `child` tells. */
  #created(): Attributes {
    const now = this.filesystem.now();
    this.#modified(now);
    return this.filesystem.created(child, now);
  }

  rmdir(name: string): Errno {
    return this.#remove(name, () => this.#inner.rmdir(name));
  }

  unlink(name: string): Errno {
    return this.#remove(name, () => this.#inner.unlink(name));
  }

  #remove(name: string, remove: () => Errno): Errno {
    const attributes = this.#look(name, child);
    if (typeof attributes === "number") return attributes;
    this.#meet();
    const error = remove();
    if (error < 0) return error;
    const now = this.filesystem.now();
    this.#modified(now);
    this.#nameGone(attributes, child, now);
    return 0;
  }

  rename(name: string, to: Directory, toName: string): Errno {
    if (!(to instanceof SteadyDirectory) || to.filesystem !== this.filesystem) return -EXDEV;
    const moved = this.#look(name, child);
    if (typeof moved === "number") return moved;
    const target = to.#look(toName, replaced);
    this.#meet();
    const before = { ...own };
    to.#meet();
    const error = this.#inner.rename(name, to.#inner, toName);
    // Two names of one file both stay.
    if (error < 0 || target === moved) return error;
    const now = this.filesystem.now();
    to.#modified(now);
    Object.assign(own, before);
    this.#modified(now);
    this.filesystem.renamed(moved, now, child);
    if (typeof target !== "number") this.#nameGone(target, replaced, now);
    return 0;
  }

  link(name: string, to: Directory, toName: string): Errno {
    if (!(to instanceof SteadyDirectory) || to.filesystem !== this.filesystem) return -EXDEV;
    const linked = this.#look(name, child);
    if (typeof linked === "number") return linked;
    to.#meet();
    const error = this.#inner.link(name, to.#inner, toName);
    if (error < 0) return error;
    const now = this.filesystem.now();
    to.#modified(now);
    this.filesystem.renamed(linked, now, child);
    return 0;
  }

  setTimesAt(name: string, atime: bigint | undefined, mtime: bigint | undefined): Errno {
    const attributes = this.#look(name, child);
    if (typeof attributes === "number") return attributes;
    const { keepsTimes } = this.filesystem;
    const error = keepsTimes ? 0 : this.#inner.setTimesAt(name, atime, mtime);
    if (error === 0) this.filesystem.setTimes(attributes, child, atime, mtime);
    return error;
  }

  list(): DirectoryEntry[] | Errno {
    const entries = this.#inner.list();
    if (typeof entries === "number") return entries;
    return entries.map(({ name, ino, type }) => ({
      name,
      ino: this.filesystem.numberOf(ino),
      type,
    }));
  }

  stat(out: Stat): Errno {
    const error = this.#inner.stat(out);
    if (error === 0) this.#attributes = this.filesystem.fill(out, this.#attributes);
    return error;
  }

  setTimes(atime: bigint | undefined, mtime: bigint | undefined): Errno {
    const met = this.stat(own);
    if (met < 0 || this.#attributes === undefined) return met;
    const error = this.filesystem.keepsTimes ? 0 : this.#inner.setTimes(atime, mtime);
    if (error === 0) this.filesystem.setTimes(this.#attributes, own, atime, mtime);
    return error;
  }

  sync(): Errno {
    return this.#inner.sync();
  }

  duplicate(): Directory | Errno {
    const inner = this.#inner.duplicate();
    return typeof inner === "number" ? inner : new SteadyDirectory(this.filesystem, inner);
  }

  close(): void {
    this.#inner.close();
  }

  #wrap(opened: File | Directory | Errno): File | Directory | Errno {
    if (typeof opened === "number") return opened;
    return opened.type === FILETYPE_DIRECTORY
      ? new SteadyDirectory(this.filesystem, opened)
      : new SteadyFile(this.filesystem, opened);
  }

  /** Looks at an entry. */
  #look(name: string, out: Stat): Attributes | Errno {
    const error = this.#inner.statAt(name, out);
    return error < 0 ? error : this.filesystem.fill(out);
  }

  /** Before a change of this directory: the host's times are then still those of what was put there. */
  #meet(): void {
    if (this.#attributes?.times === undefined) this.stat(own);
  }

  #modified(now: bigint): void {
    if (this.#attributes !== undefined) this.filesystem.modified(this.#attributes, now, own);
  }

  #nameGone(attributes: Attributes, before: Readonly<Stat>, now: bigint): void {
    if (before.type === FILETYPE_DIRECTORY || before.nlink <= 1) {
      this.filesystem.removed(attributes);
    }
    this.filesystem.renamed(attributes, now, before);
  }
}
