import type { Errno } from "../errno.js";
import { FILETYPE_REGULAR_FILE, type File, type Stat } from "../node.js";
import type { HostQuota } from "./host-quota.js";

/** Written at once under a file's lock: long enough to cost nothing, short enough to wait for. */
const MAX_LOCKED_BYTES = 4 * 2 ** 20;
/** Bits of inode numbers that choose a lock: doubles hold them. */
const LOCK_BITS = 0xffff_ffffn;

/** A file of the host in a directory with a quota: what it grows by is counted. */
export class QuotaFile implements File {
  readonly type = FILETYPE_REGULAR_FILE;
  readonly #quota: HostQuota;
  readonly #inner: File;
  /** What the quota knows the file by. */
  readonly #key: bigint;
  readonly #lock: number;

  /** `at`: what the host says of it. */
  constructor(quota: HostQuota, inner: File, at: Stat) {
    this.#quota = quota;
    this.#inner = inner;
    this.#lock = Number(at.ino & LOCK_BITS);
    this.#key = quota.opened(inner, at);
  }

  get reader(): File {
    return this.#inner.reader;
  }

  read(dst: Uint8Array, offset: number, length: number, position: number): number {
    return this.#inner.read(dst, offset, length, position);
  }

  write(src: Uint8Array, offset: number, length: number, position: number): number {
    if (length <= MAX_LOCKED_BYTES) return this.#writeLocked(src, offset, length, position);
    let done = 0;
    while (done < length) {
      const count = Math.min(length - done, MAX_LOCKED_BYTES);
      const written = this.#writeLocked(src, offset + done, count, position + done);
      if (written < 0) return done > 0 ? done : written;
      done += written;
      if (written < count) break;
    }
    return done;
  }

  #writeLocked(src: Uint8Array, offset: number, length: number, position: number): number {
    const { record } = this.#quota;
    const ticket = record.lockFile(this.#lock);
    const written = this.#write(src, offset, length, position);
    record.unlockFile(this.#lock, ticket);
    return written;
  }

  #write(src: Uint8Array, offset: number, length: number, position: number): number {
    const size = this.#inner.size(); // asked each time: another handle may have cut the file
    if (size < 0) return size;
    const end = position + length;
    if (end <= size || length === 0) return this.#inner.write(src, offset, length, position);
    const allowed = this.#quota.grow(size, end);
    if (allowed <= position) {
      this.#quota.shrink(allowed, size);
      return this.#quota.full;
    }
    const written = this.#inner.write(src, offset, allowed - position, position);
    const reached = Math.max(size, position + Math.max(written, 0));
    if (reached < allowed) this.#quota.shrink(allowed, written < 0 ? size : reached);
    return written;
  }

  append(src: Uint8Array, offset: number, length: number): number {
    if (length === 0) return 0;
    const { record } = this.#quota;
    const ticket = record.lockFile(this.#lock);
    const written = this.#append(src, offset, Math.min(length, MAX_LOCKED_BYTES));
    record.unlockFile(this.#lock, ticket);
    return written;
  }

  #append(src: Uint8Array, offset: number, length: number): number {
    const size = this.#inner.size();
    if (size < 0) return size;
    const allowed = this.#quota.grow(size, size + length);
    if (allowed <= size) return this.#quota.full;
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
    const { record, names } = this.#quota;
    const namesTicket = record.lockNames(names);
    const ticket = record.lockFile(this.#lock);
    const answer = this.#truncate(size);
    record.unlockFile(this.#lock, ticket);
    record.unlockNames(names, namesTicket);
    return answer;
  }

  #truncate(size: number): Errno {
    const before = this.#inner.size();
    if (before < 0) return before;
    if (size > before) {
      const allowed = this.#quota.grow(before, size);
      if (allowed < size) {
        this.#quota.shrink(allowed, before);
        return this.#quota.full;
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
    this.#quota.closing(this.#inner, this.#key);
    return this.#inner.close();
  }
}
