import { FILETYPE_REGULAR_FILE, type Stat } from "../node.js";
import { BLOCK_BYTES, type BoardRecord } from "../writable-board.js";

/** Set in the inode numbers of a layer, so that they never meet those of the image. */
const LAYER_INODE = 1n << 62n;

interface OpenCount {
  handles: number;
  /** Its last name is gone: what it holds is given back with the last handle. */
  gone: boolean;
}

/** What a layer on the host may hold, counted on the board, and which of its files are open here. */
export class LayerQuota {
  readonly #record: BoardRecord;
  readonly #maxBytes: number;
  readonly #maxFiles: number;
  readonly #dev: bigint;
  readonly #open = new Map<bigint, OpenCount>();

  constructor(record: BoardRecord, maxBytes: number, maxFiles: number, dev: bigint) {
    this.#record = record;
    this.#maxBytes = maxBytes;
    this.#maxFiles = maxFiles;
    this.#dev = dev;
  }

  takeFile(): boolean {
    return this.#record.addFile(this.#maxFiles);
  }

  giveFile(): void {
    this.#record.removeFile();
  }

  /** A file is to grow from `from` to `to` bytes: the size that it may grow to, `from` if none. */
  grow(from: number, to: number): number {
    if (this.#record.resize(from, to, this.#maxBytes)) return to;
    const blocks = Math.floor((this.#maxBytes - this.#record.bytes()) / BLOCK_BYTES);
    const fits = (Math.ceil(from / BLOCK_BYTES) + Math.max(blocks, 0)) * BLOCK_BYTES;
    if (fits <= from || fits >= to) return from;
    return this.#record.resize(from, fits, this.#maxBytes) ? fits : from;
  }

  shrink(from: number, to: number): void {
    this.#record.resize(from, to, this.#maxBytes);
  }

  /** Inode and device as the guest is to see them. */
  disguise(out: Stat): void {
    out.ino = layerInode(out.ino);
    out.dev = this.#dev;
  }

  opened(inode: bigint): void {
    const count = this.#open.get(inode);
    if (count === undefined) this.#open.set(inode, { handles: 1, gone: false });
    else count.handles++;
  }

  /** True if the file's last name is gone and this was its last handle. */
  closed(inode: bigint): boolean {
    const count = this.#open.get(inode);
    if (count === undefined || --count.handles > 0) return false;
    this.#open.delete(inode);
    return count.gone;
  }

  /** The last name of what `stat` describes is gone. */
  unlinked(stat: Stat): void {
    const count = this.#open.get(stat.ino);
    if (count !== undefined) count.gone = true;
    else this.release(stat.type === FILETYPE_REGULAR_FILE ? stat.size : 0);
  }

  release(size: number): void {
    this.#record.removeFile();
    this.shrink(size, 0);
  }
}

export function layerInode(inode: bigint): bigint {
  return BigInt.asUintN(64, inode | LAYER_INODE);
}
