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
  /** Its handles, as the host gave them. */
  readonly handles: Set<File>;
  /** Its last name is gone: what it holds is given back with the last handle. */
  gone: boolean;
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
 * guests that race must not get back more than they took. A file without a name is counted by the
 * process that has it open, if that has removed it or sees, when it opens the next one, that another has.
 * Names are counted, not files: each takes its place on the disk.
 */
export class HostQuota {
  readonly full: Errno;
  readonly record: BoardRecord;
  readonly names: number;
  readonly #maxBytes: number;
  readonly #maxFiles: number;
  readonly #dev: bigint | undefined;
  readonly #open = new Map<bigint, OpenCount>();
  /** Removals by now that this process knows of. */
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
    if (this.record.removals() !== this.#removals) this.#adopt();
    const key = keyOf(at);
    const count = this.#open.get(key);
    if (count === undefined) this.#open.set(key, { handles: new Set([handle]), gone: false });
    else count.handles.add(handle);
    return key;
  }

  /** A handle is about to be closed. */
  closing(handle: File, key: bigint): void {
    const count = this.#open.get(key);
    if (count === undefined) return;
    count.handles.delete(handle);
    if (count.handles.size > 0) return;
    this.#open.delete(key);
    if (count.gone) this.release(handle.size());
  }

  /** The last name of what `at` describes is gone, and counted out. */
  unlinked(at: Stat): void {
    const removals = this.record.removed();
    if (removals === ((this.#removals + 1) | 0)) this.#removals = removals;
    const count = this.#open.get(keyOf(at));
    if (count !== undefined) count.gone = true;
    else this.release(at.type === FILETYPE_REGULAR_FILE ? at.size : 0);
  }

  release(size: number): void {
    this.shrink(Math.max(0, size), 0);
  }

  /** Counts again what is open here and another process has removed. */
  #adopt(): void {
    this.#removals = this.record.removals();
    for (const count of this.#open.values()) {
      const [handle] = count.handles;
      if (count.gone || handle === undefined || handle.stat(stat) < 0 || stat.nlink > 0) continue;
      count.gone = true;
      this.record.forceBytes(stat.size);
    }
  }
}

function keyOf({ dev, ino }: Stat): bigint {
  return (dev << 64n) | ino;
}

function layerInode(inode: bigint): bigint {
  return BigInt.asUintN(64, inode | LAYER_INODE);
}
