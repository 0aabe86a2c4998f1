import type { Errno } from "../errno.js";
import { EROFS } from "../errno.js";
import type { FileType, Stat } from "../node.js";
import type { MemoryFilesystem } from "./memory-filesystem.js";

/** What files, directories and links in memory have in common. */
export abstract class MemoryNode {
  abstract readonly type: FileType;
  readonly filesystem: MemoryFilesystem;
  readonly inode: bigint;
  nlink = 1;
  atime: bigint;
  mtime: bigint;
  ctime: bigint;

  constructor(filesystem: MemoryFilesystem) {
    this.filesystem = filesystem;
    this.inode = filesystem.nextInode();
    this.atime = this.mtime = this.ctime = filesystem.now();
  }

  /** Bytes. */
  abstract size(): number;

  stat(out: Stat): Errno {
    out.dev = this.filesystem.dev;
    out.ino = this.inode;
    out.type = this.type;
    out.nlink = this.nlink;
    out.size = this.size();
    out.atime = this.atime;
    out.mtime = this.mtime;
    out.ctime = this.ctime;
    return 0;
  }

  setTimes(atime: bigint | undefined, mtime: bigint | undefined): Errno {
    if (this.filesystem.readOnly) return -EROFS;
    if (atime !== undefined) this.atime = atime;
    if (mtime !== undefined) this.mtime = mtime;
    this.ctime = this.filesystem.now();
    return 0;
  }

  /** The contents or the names in it have changed. */
  modified(): void {
    this.mtime = this.ctime = this.filesystem.now();
  }

  /** The contents were read: as Linux's `relatime`, noted only where it tells something new. */
  accessed(): void {
    if (this.atime <= this.mtime && !this.filesystem.readOnly) this.atime = this.filesystem.now();
  }

  /** A name of it is gone; with the last one goes what it holds. */
  unlinked(): void {
    this.nlink--;
    this.ctime = this.filesystem.now();
    this.filesystem.quota.giveFile();
  }
}
