import { ENOSPC, type Errno } from "../errno.js";
import { FILETYPE_REGULAR_FILE, type File, type Stat } from "../node.js";
import type { LayerQuota } from "./layer-quota.js";

/** A file of a layer on the host: what it grows by is counted. */
export class QuotaFile implements File {
  readonly type = FILETYPE_REGULAR_FILE;
  readonly #quota: LayerQuota;
  readonly #inner: File;
  /** The host's inode number. */
  readonly #inode: bigint;

  constructor(quota: LayerQuota, inner: File, inode: bigint) {
    this.#quota = quota;
    this.#inner = inner;
    this.#inode = inode;
    quota.opened(inode);
  }

  read(dst: Uint8Array, offset: number, length: number, position: number): number {
    return this.#inner.read(dst, offset, length, position);
  }

  write(src: Uint8Array, offset: number, length: number, position: number): number {
    // Asked each time: another handle may have cut the file.
    const size = this.#inner.size();
    const end = position + length;
    if (end <= size || length === 0) return this.#inner.write(src, offset, length, position);
    const allowed = this.#quota.grow(size, end);
    if (allowed <= position) {
      this.#quota.shrink(allowed, size);
      return -ENOSPC;
    }
    const written = this.#inner.write(src, offset, allowed - position, position);
    const reached = Math.max(size, position + Math.max(written, 0));
    if (reached < allowed) this.#quota.shrink(allowed, written < 0 ? size : reached);
    return written;
  }

  append(src: Uint8Array, offset: number, length: number): number {
    if (length === 0) return 0;
    const size = this.#inner.size();
    const allowed = this.#quota.grow(size, size + length);
    if (allowed <= size) return -ENOSPC;
    const written = this.#inner.append(src, offset, allowed - size);
    if (written < allowed - size) this.#quota.shrink(allowed, size + Math.max(written, 0));
    return written;
  }

  size(): number {
    return this.#inner.size();
  }

  stat(out: Stat): Errno {
    const error = this.#inner.stat(out);
    this.#quota.disguise(out);
    return error;
  }

  truncate(size: number): Errno {
    const before = this.#inner.size();
    if (size > before) {
      const allowed = this.#quota.grow(before, size);
      if (allowed < size) {
        this.#quota.shrink(allowed, before);
        return -ENOSPC;
      }
    }
    const error = this.#inner.truncate(size);
    if (error < 0 && size > before) this.#quota.shrink(size, before);
    if (error === 0 && size < before) this.#quota.shrink(before, size);
    return error;
  }

  setTimes(atime: bigint | undefined, mtime: bigint | undefined): Errno {
    return this.#inner.setTimes(atime, mtime);
  }

  sync(dataOnly: boolean): Errno {
    return this.#inner.sync(dataOnly);
  }

  close(): Errno {
    if (this.#quota.closed(this.#inode)) this.#quota.release(this.#inner.size());
    return this.#inner.close();
  }
}
