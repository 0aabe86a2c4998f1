/** A regular file of the host, open. */
import * as fs from "node:fs";
import { EBADF, EINVAL, EROFS } from "../errno.js";
import type { Errno } from "../errno.js";
import type { File, Stat } from "../node.js";
import { FILETYPE_REGULAR_FILE } from "../node.js";
import { errnoOf } from "./host-errno.js";
import type { HostMount } from "./host-mount.js";

/** 1 GiB in one transfer: Node takes lengths as Int32, and a short transfer is always allowed. */
const MAX_TRANSFER_BYTES = 2 ** 30;

const BIGINT = { bigint: true } as const;

export class HostFile implements File {
  readonly type = FILETYPE_REGULAR_FILE;
  readonly #mount: HostMount;
  #fd: number;
  /** A second descriptor of the same file, with O_APPEND; -1 until the first append. */
  #appendFd = -1;
  readonly #openForAppend: ((fd: number) => number) | undefined;

  /**
   * @param openForAppend - gives a second, appending descriptor of the file that `fd` has open, or -1
   *   where the host has no way to that; undefined if the file is not open for writing.
   */
  constructor(mount: HostMount, fd: number, openForAppend: ((fd: number) => number) | undefined) {
    this.#mount = mount;
    this.#fd = fd;
    this.#openForAppend = openForAppend;
  }

  get reader(): File {
    return this;
  }

  read(dst: Uint8Array, offset: number, length: number, position: number): number {
    if (!isPosition(position)) return -EINVAL;
    try {
      return fs.readSync(this.#fd, dst, offset, Math.min(length, MAX_TRANSFER_BYTES), position);
    } catch (error) {
      return this.#errno(error);
    }
  }

  write(src: Uint8Array, offset: number, length: number, position: number): number {
    if (!isPosition(position)) return -EINVAL;
    try {
      return fs.writeSync(this.#fd, src, offset, Math.min(length, MAX_TRANSFER_BYTES), position);
    } catch (error) {
      return this.#errno(error);
    }
  }

  append(src: Uint8Array, offset: number, length: number): number {
    if (this.#fd < 0 || this.#openForAppend === undefined) return -EBADF;
    const bytes = Math.min(length, MAX_TRANSFER_BYTES);
    try {
      if (this.#appendFd < 0) this.#appendFd = this.#openForAppend(this.#fd);
      if (this.#appendFd >= 0) return fs.writeSync(this.#appendFd, src, offset, bytes);
      return fs.writeSync(this.#fd, src, offset, bytes, fs.fstatSync(this.#fd).size);
    } catch (error) {
      return this.#errno(error);
    }
  }

  size(): number {
    try {
      return fs.fstatSync(this.#fd).size;
    } catch (error) {
      return this.#errno(error);
    }
  }

  stat(out: Stat): Errno {
    try {
      this.#mount.fill(out, fs.fstatSync(this.#fd, BIGINT));
      return 0;
    } catch (error) {
      return this.#errno(error);
    }
  }

  truncate(size: number): Errno {
    if (this.#mount.readOnly) return -EROFS;
    if (!isPosition(size)) return -EINVAL;
    try {
      fs.ftruncateSync(this.#fd, size);
      return 0;
    } catch (error) {
      return this.#errno(error);
    }
  }

  setTimes(atime: bigint | undefined, mtime: bigint | undefined): Errno {
    if (this.#mount.readOnly) return -EROFS;
    const fd = this.#fd;
    if (fd < 0) return -EBADF;
    return this.#mount.setTimes(
      atime,
      mtime,
      () => fs.fstatSync(fd, BIGINT),
      (atimeSeconds, mtimeSeconds) => fs.futimesSync(fd, atimeSeconds, mtimeSeconds),
    );
  }

  sync(dataOnly: boolean): Errno {
    try {
      if (dataOnly) fs.fdatasyncSync(this.#fd);
      else fs.fsyncSync(this.#fd);
      return 0;
    } catch (error) {
      return this.#errno(error);
    }
  }

  close(): Errno {
    const fd = this.#fd;
    const appendFd = this.#appendFd;
    if (fd < 0) return -EBADF;
    this.#fd = -1;
    this.#appendFd = -1;
    let answer: Errno = 0;
    try {
      fs.closeSync(fd);
    } catch (error) {
      answer = errnoOf(error);
    }
    try {
      if (appendFd >= 0) fs.closeSync(appendFd);
    } catch (error) {
      answer = errnoOf(error);
    }
    return answer;
  }

  #errno(error: unknown): Errno {
    return this.#fd < 0 ? -EBADF : errnoOf(error);
  }
}

/** Node takes a position that is no safe integer for "where the descriptor stands". */
function isPosition(position: number): boolean {
  return position >= 0 && position <= Number.MAX_SAFE_INTEGER;
}
