import { MemoryDirectory } from "./memory-directory.js";
import { MemoryQuota } from "./memory-quota.js";

export interface MemoryFilesystemOptions {
  /** Bytes of contents and link targets; -ENOSPC beyond. */
  readonly maxBytes: number;
  /** Names of files, directories and links, the root left out; -ENOSPC beyond. */
  readonly maxFiles: number;
  /** The time for atime, mtime and ctime, in ns since 1970. */
  readonly now: () => bigint;
  /** `Stat.dev` of everything in it. */
  readonly dev: bigint;
  /** Inode numbers count from it (default 1). */
  readonly firstInode?: bigint;
}

/** Files in memory: what belongs to all of them. */
export class MemoryFilesystem {
  readonly quota: MemoryQuota;
  readonly dev: bigint;
  readonly now: () => bigint;
  readonly root: MemoryDirectory;
  /** Once true, every change answers -EROFS. */
  readOnly = false;
  #nextInode: bigint;

  constructor(options: MemoryFilesystemOptions) {
    this.quota = new MemoryQuota(options.maxBytes, options.maxFiles);
    this.dev = options.dev;
    this.now = options.now;
    this.#nextInode = options.firstInode ?? 1n;
    this.root = new MemoryDirectory(this, undefined);
  }

  nextInode(): bigint {
    return this.#nextInode++;
  }
}
