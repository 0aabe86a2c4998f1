import type { Errno } from "../errno.js";
import { emptyStat, FILETYPE_REGULAR_FILE, type File, type Stat } from "../node.js";
import type { Attributes } from "./attributes.js";
import type { SteadyFilesystem } from "./steady-filesystem.js";

const scratch: Stat = emptyStat();

/** A file of the host that shows times and an inode number of ours. */
export class SteadyFile implements File {
  readonly type = FILETYPE_REGULAR_FILE;
  readonly #filesystem: SteadyFilesystem;
  readonly #inner: File;
  #attributes: Attributes | undefined;

  constructor(filesystem: SteadyFilesystem, inner: File, attributes?: Attributes) {
    this.#filesystem = filesystem;
    this.#inner = inner;
    this.#attributes = attributes;
  }

  get reader(): File {
    return this.#inner.reader;
  }

  read(dst: Uint8Array, offset: number, length: number, position: number): number {
    return this.#inner.read(dst, offset, length, position);
  }

  write(src: Uint8Array, offset: number, length: number, position: number): number {
    this.#meet();
    const written = this.#inner.write(src, offset, length, position);
    if (written > 0) this.#modified();
    return written;
  }

  append(src: Uint8Array, offset: number, length: number): number {
    this.#meet();
    const written = this.#inner.append(src, offset, length);
    if (written > 0) this.#modified();
    return written;
  }

  size(): number {
    return this.#inner.size();
  }

  stat(out: Stat): Errno {
    const error = this.#inner.stat(out);
    if (error === 0) this.#show(out);
    return error;
  }

  truncate(size: number): Errno {
    this.#meet();
    const error = this.#inner.truncate(size);
    if (error === 0) this.#modified();
    return error;
  }

  setTimes(atime: bigint | undefined, mtime: bigint | undefined): Errno {
    let error = this.#inner.stat(scratch);
    if (error < 0) return error;
    const attributes = this.#show(scratch);
    if (!this.#filesystem.keepsTimes) error = this.#inner.setTimes(atime, mtime);
    if (error === 0) this.#filesystem.setTimes(attributes, scratch, atime, mtime);
    return error;
  }

  sync(dataOnly: boolean): Errno {
    return this.#inner.sync(dataOnly);
  }

  close(): Errno {
    return this.#inner.close();
  }

  /** Before a change: the host's times are then still those of what was put there. */
  #meet(): void {
    if (this.#attributes?.times === undefined && this.#inner.stat(scratch) === 0)
      this.#show(scratch);
  }

  #modified(): void {
    if (this.#attributes === undefined) return;
    this.#filesystem.modified(this.#attributes, this.#filesystem.now(), scratch);
  }

  #show(out: Stat): Attributes {
    return (this.#attributes = this.#filesystem.fill(out, this.#attributes));
  }
}
