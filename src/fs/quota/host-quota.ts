import { ENOSPC, type Errno } from "../errno.js";
import {
  emptyStat,
  FILETYPE_REGULAR_FILE,
  type DirectoryEntry,
  type File,
  type Stat,
} from "../node.js";
import { BLOCK_BYTES, type BoardRecord } from "../writable-board.js";

/** Set in the inode numbers of a layer, so that they never meet those of the image. */
const LAYER_INODE = 1n << 62n;

const stat: Stat = emptyStat();

/** A file that is open here. */
interface OpenCount {
  /** Handles on it. */
  handles: number;
  readonly inode: bigint;
  /** Where other threads see that it is open. */
  readonly hold: number;
  /** Removals by then: with no more of them its name is still there. */
  readonly removals: number;
}

export interface HostQuotaOptions {
  readonly maxBytes: number;
  readonly maxFiles: number;
  /** What is answered when it is used up. Default -ENOSPC. */
  readonly full?: Errno;
  /** `Stat.dev` of everything in it, whose inodes then get numbers of their own. Default: as the host has it. */
  readonly dev?: bigint;
  /** Any number for the set of names: the same for all that may remove the same name. */
  readonly names: number;
}

/**
 * What may be added to a directory of the host, counted on the board for all processes of a container,
 * and which of its files are open here.
 *
 * Sizes are read and changed under a file's lock, and what gives something back holds that of the names:
 * guests that race must not get back more than they took. A file without a name is counted as long as
 * any process has it open: the last to close it gives its bytes back, under the lock of the names, which
 * is why all know what all hold. Names are counted, not files: each takes its place on the disk.
 */
export class HostQuota {
  readonly full: Errno;
  readonly record: BoardRecord;
  readonly names: number;
  readonly #maxBytes: number;
  readonly #maxFiles: number;
  readonly #dev: bigint | undefined;
  readonly #open = new Map<bigint, OpenCount>();
  /** Removals by the time that this process last opened a file. */
  #removals: number;

  constructor(record: BoardRecord, options: HostQuotaOptions) {
    this.record = record;
    this.full = options.full ?? -ENOSPC;
    this.names = options.names;
    this.#maxBytes = options.maxBytes;
    this.#maxFiles = options.maxFiles;
    this.#dev = options.dev;
    this.#removals = record.removals();
  }

  takeFile(): boolean {
    return this.record.addFile(this.#maxFiles);
  }

  giveFile(): void {
    this.record.removeFile();
  }

  /** A file is to grow from `from` to `to` bytes: the size that it may grow to, `from` if none. */
  grow(from: number, to: number): number {
    if (this.record.resize(from, to, this.#maxBytes)) return to;
    const blocks = Math.floor((this.#maxBytes - this.record.bytes()) / BLOCK_BYTES);
    const fits = (Math.ceil(from / BLOCK_BYTES) + Math.max(blocks, 0)) * BLOCK_BYTES;
    if (fits <= from || fits >= to) return from;
    return this.record.resize(from, fits, this.#maxBytes) ? fits : from;
  }

  shrink(from: number, to: number): void {
    this.record.resize(from, to, this.#maxBytes);
  }

  /** Inode and device as the guest is to see them. */
  disguise(out: Stat): void {
    if (this.#dev === undefined) return;
    out.ino = layerInode(out.ino);
    out.dev = this.#dev;
  }

  disguiseAll(entries: DirectoryEntry[]): DirectoryEntry[] {
    if (this.#dev === undefined) return entries;
    return entries.map(({ name, ino, type }) => ({ name, ino: layerInode(ino), type }));
  }

  /** Counts a handle on what `at` describes; what identifies the file is its answer. */
  opened(handle: File, at: Stat): bigint {
    const key = keyOf(at);
    const count = this.#open.get(key);
    if (count !== undefined) {
      count.handles++;
      return key;
    }
    const { ino: inode } = at;
    const ticket = this.record.lockNames(this.names);
    const removals = this.record.removals();
    // Its name may have gone after it was opened, and nobody knew that it is held.
    const gone = removals !== this.#removals && handle.stat(stat) === 0 && stat.nlink === 0;
    if (gone && !this.record.isHeld(inode)) this.record.forceBytes(stat.size);
    this.#removals = removals;
    this.#open.set(key, {
      handles: 1,
      inode,
      hold: this.record.hold(inode),
      removals: gone ? removals - 1 : removals,
    });
    this.record.unlockNames(this.names, ticket);
    return key;
  }

  /** A handle is about to be closed. */
  closing(handle: File, key: bigint): void {
    const count = this.#open.get(key);
    if (count === undefined || --count.handles > 0) return;
    this.#open.delete(key);
    const ticket = this.record.lockNames(this.names);
    this.record.letGo(count.hold);
    const maybeGone = this.record.removals() !== count.removals;
    if (maybeGone && handle.stat(stat) === 0 && stat.nlink === 0) {
      if (!this.record.isHeld(count.inode)) this.release(stat.size);
    }
    this.record.unlockNames(this.names, ticket);
  }

  /** The last name of what `at` describes is gone, and counted out. Under the lock of the names. */
  unlinked(at: Stat): void {
    this.record.removed();
    if (at.type !== FILETYPE_REGULAR_FILE || this.#open.has(keyOf(at))) return;
    if (!this.record.isHeld(at.ino)) this.release(at.size);
  }

  release(size: number): void {
    this.shrink(Math.max(0, size), 0);
  }
}

function keyOf({ dev, ino }: Stat): bigint {
  return (dev << 64n) | ino;
}

function layerInode(inode: bigint): bigint {
  return BigInt.asUintN(64, inode | LAYER_INODE);
}
