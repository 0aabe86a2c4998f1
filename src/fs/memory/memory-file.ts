import { EFBIG, ENOSPC, EROFS, type Errno } from "../errno.js";
import { FILETYPE_REGULAR_FILE, type File } from "../node.js";
import type { MemoryFilesystem } from "./memory-filesystem.js";
import { MemoryNode } from "./memory-node.js";
import { SparseBytes } from "./sparse-bytes.js";

/** A file in memory, and every open handle on it: positions and rights are the caller's. */
export class MemoryFile extends MemoryNode implements File {
  readonly type = FILETYPE_REGULAR_FILE;
  readonly #data: SparseBytes;
  /** Handles not closed yet: they keep the contents of a file that has no name any more. */
  #handles = 0;

  constructor(filesystem: MemoryFilesystem) {
    super(filesystem);
    this.#data = new SparseBytes(filesystem.quota);
  }

  opened(): this {
    this.#handles++;
    return this;
  }

  get reader(): File {
    return this;
  }

  read(dst: Uint8Array, offset: number, length: number, position: number): number {
    this.accessed();
    return this.#data.read(dst, offset, length, position);
  }

  write(src: Uint8Array, offset: number, length: number, position: number): number {
    if (this.filesystem.readOnly) return -EROFS;
    if (length === 0) return 0;
    if (position + length > Number.MAX_SAFE_INTEGER) return -EFBIG;
    const written = this.#data.write(src, offset, length, position);
    if (written === 0) return -ENOSPC;
    this.modified();
    return written;
  }

  append(src: Uint8Array, offset: number, length: number): number {
    return this.write(src, offset, length, this.#data.size);
  }

  size(): number {
    return this.#data.size;
  }

  truncate(size: number): Errno {
    if (this.filesystem.readOnly) return -EROFS;
    if (size > Number.MAX_SAFE_INTEGER) return -EFBIG;
    this.#data.truncate(size);
    this.modified();
    return 0;
  }

  sync(): Errno {
    return 0;
  }

  close(): Errno {
    this.#handles--;
    this.#releaseIfGone();
    return 0;
  }

  override unlinked(): void {
    super.unlinked();
    this.#releaseIfGone();
  }

  #releaseIfGone(): void {
    if (this.nlink === 0 && this.#handles <= 0) this.#data.truncate(0);
  }
}
