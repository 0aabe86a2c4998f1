import { EEXIST, ENOENT, EXDEV, type Errno } from "../errno.js";
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
import type { HostQuota } from "./host-quota.js";
import { QuotaFile } from "./quota-file.js";

const scratch: Stat = emptyStat();
const replaced: Stat = emptyStat();

/** A directory of the host with a quota: files are counted as they come and go. */
export class QuotaDirectory implements Directory {
  readonly type = FILETYPE_DIRECTORY;
  readonly filesystem: object;
  readonly #quota: HostQuota;
  readonly #inner: Directory;

  constructor(quota: HostQuota, inner: Directory) {
    this.#quota = quota;
    this.#inner = inner;
    this.filesystem = quota;
  }

  openDirectory(name: string): Directory | Errno {
    const directory = this.#inner.openDirectory(name);
    return typeof directory === "number" ? directory : new QuotaDirectory(this.#quota, directory);
  }

  open(name: string, flags: OpenFlags): File | Directory | Errno {
    const truncate = (flags & OPEN_TRUNCATE) !== 0;
    const wanted = truncate ? (flags & ~OPEN_TRUNCATE) | OPEN_WRITE : flags;
    const opened = this.#openOrCreate(name, wanted);
    if (typeof opened === "number") return opened;
    if (opened.type === FILETYPE_DIRECTORY) return new QuotaDirectory(this.#quota, opened);
    const error = opened.stat(scratch);
    if (error < 0) {
      opened.close();
      return error;
    }
    const file = new QuotaFile(this.#quota, opened, scratch);
    if (truncate) file.truncate(0);
    return file;
  }

  #openOrCreate(name: string, flags: OpenFlags): File | Directory | Errno {
    if ((flags & OPEN_CREATE) === 0) return this.#inner.open(name, flags);
    for (;;) {
      if ((flags & OPEN_EXCLUSIVE) === 0) {
        const existing = this.#inner.open(name, flags & ~OPEN_CREATE);
        if (existing !== -ENOENT) return existing;
      }
      if (!this.#quota.takeFile())
        return this.#inner.statAt(name, scratch) === 0 ? -EEXIST : this.#quota.full;
      const made = this.#inner.open(name, flags | OPEN_EXCLUSIVE);
      if (typeof made !== "number") return made;
      this.#quota.giveFile();
      // Somebody was quicker: open that.
      if (made !== -EEXIST || (flags & OPEN_EXCLUSIVE) !== 0) return made;
    }
  }

  statAt(name: string, out: Stat): Errno {
    const error = this.#inner.statAt(name, out);
    if (error === 0) this.#quota.disguise(out);
    return error;
  }

  readlink(name: string): string | Errno {
    return this.#inner.readlink(name);
  }

  mkdir(name: string): Errno {
    return this.#counted(name, () => this.#inner.mkdir(name));
  }

  symlink(target: string, name: string): Errno {
    return this.#counted(name, () => this.#inner.symlink(target, name));
  }

  #counted(name: string, make: () => Errno): Errno {
    if (!this.#quota.takeFile())
      return this.#inner.statAt(name, scratch) === 0 ? -EEXIST : this.#quota.full;
    const error = make();
    if (error < 0) this.#quota.giveFile();
    return error;
  }

  rmdir(name: string): Errno {
    const ticket = this.#lock();
    const error = this.#inner.rmdir(name);
    if (error === 0) this.#quota.giveFile();
    this.#unlock(ticket);
    return error;
  }

  unlink(name: string): Errno {
    const ticket = this.#lock();
    let error = this.#inner.statAt(name, scratch);
    if (error === 0) error = this.#inner.unlink(name);
    if (error === 0) {
      this.#quota.giveFile();
      if (scratch.nlink <= 1) this.#quota.unlinked(scratch);
    }
    this.#unlock(ticket);
    return error;
  }

  rename(name: string, to: Directory, toName: string): Errno {
    if (!(to instanceof QuotaDirectory) || to.filesystem !== this.filesystem) return -EXDEV;
    const ticket = this.#lock();
    const before = to.#inner.statAt(toName, replaced);
    const source = before < 0 ? before : this.#inner.statAt(name, scratch);
    const error = this.#inner.rename(name, to.#inner, toName);
    if (error === 0 && before === 0 && source === 0 && scratch.ino !== replaced.ino) {
      this.#quota.giveFile();
      if (replaced.type !== FILETYPE_DIRECTORY && replaced.nlink <= 1)
        this.#quota.unlinked(replaced);
    }
    this.#unlock(ticket);
    return error;
  }

  link(name: string, to: Directory, toName: string): Errno {
    if (!(to instanceof QuotaDirectory) || to.filesystem !== this.filesystem) return -EXDEV;
    const ticket = this.#lock();
    const error = to.#counted(toName, () => this.#inner.link(name, to.#inner, toName));
    this.#unlock(ticket);
    return error;
  }

  /** Held by all that may take a file's last name, so that two of them do not count it twice. */
  #lock(): number {
    return this.#quota.record.lockNames(this.#quota.names);
  }

  #unlock(ticket: number): void {
    this.#quota.record.unlockNames(this.#quota.names, ticket);
  }

  setTimesAt(name: string, atime: bigint | undefined, mtime: bigint | undefined): Errno {
    return this.#inner.setTimesAt(name, atime, mtime);
  }

  list(): DirectoryEntry[] | Errno {
    const entries = this.#inner.list();
    if (typeof entries === "number") return entries;
    return this.#quota.disguiseAll(entries);
  }

  stat(out: Stat): Errno {
    const error = this.#inner.stat(out);
    this.#quota.disguise(out);
    return error;
  }

  setTimes(atime: bigint | undefined, mtime: bigint | undefined): Errno {
    return this.#inner.setTimes(atime, mtime);
  }

  sync(): Errno {
    return this.#inner.sync();
  }

  duplicate(): Directory | Errno {
    const inner = this.#inner.duplicate();
    return typeof inner === "number" ? inner : new QuotaDirectory(this.#quota, inner);
  }

  close(): void {
    this.#inner.close();
  }
}
