import { EIO, EROFS, type Errno } from "../errno.js";
import { copyBytes } from "../copy-bytes.js";
import { FILETYPE_REGULAR_FILE, type File, type Stat } from "../node.js";
import type { BlobFile } from "./blob-file.js";
import { cachePage, Page, PAGE_BYTES, type PageHolder } from "./page-cache.js";
import type { Snapshot } from "./snapshot.js";

/** Reads from here on go past the cache: they gain nothing from it. */
const DIRECT_BYTES = 32_768;

/** A file of an image, and every open handle on it: it has no state but its cached pages. */
export class SnapshotFile implements File, PageHolder {
  readonly type = FILETYPE_REGULAR_FILE;
  readonly #snapshot: Snapshot;
  /** Its record in the tree: one for each name, also of hard links. */
  readonly record: number;
  readonly #blob: BlobFile;
  /** Where the data begins in the blob, and how long it is. */
  readonly #offset: number;
  readonly #size: number;
  readonly inode: bigint;
  readonly #mtime: bigint;
  /** The page read last, and the others by number. */
  #page: Page | undefined;
  #pages: Map<number, Page> | undefined;

  constructor(snapshot: Snapshot, record: number, blob: BlobFile) {
    const { tree } = snapshot;
    this.#snapshot = snapshot;
    this.record = record;
    this.#blob = blob;
    this.#offset = tree.offset(record);
    this.#size = tree.size(record);
    this.inode = BigInt(tree.inode(record));
    this.#mtime = tree.mtime(record);
  }

  get reader(): File {
    return this;
  }

  read(dst: Uint8Array, offset: number, length: number, position: number): number {
    let page = this.#page;
    // Mostly the next few bytes of the page read last.
    if (
      page === undefined ||
      position < page.start ||
      position + length > page.start + page.bytes.length
    ) {
      const wanted = Math.min(length, this.#size - position);
      if (wanted <= 0) return 0;
      if (wanted >= DIRECT_BYTES) return this.#readDirect(dst, offset, wanted, position);
      const first = this.#pageAt(position);
      if (first === undefined) return -EIO;
      const inPage = position - first.start;
      const count = Math.min(wanted, first.bytes.length - inPage);
      copyBytes(first.bytes, inPage, dst, offset, count);
      if (count === wanted) return count;
      page = this.#pageAt(position + count);
      if (page === undefined) return -EIO;
      copyBytes(page.bytes, 0, dst, offset + count, wanted - count);
      return wanted;
    }
    page.used = true;
    copyBytes(page.bytes, position - page.start, dst, offset, length);
    return length;
  }

  #readDirect(dst: Uint8Array, offset: number, length: number, position: number): number {
    const count = this.#blob.read(dst, offset, length, this.#offset + position);
    return count === length ? count : -EIO;
  }

  #pageAt(position: number): Page | undefined {
    const number = Math.floor(position / PAGE_BYTES);
    let page = this.#pages?.get(number);
    if (page === undefined) {
      const start = number * PAGE_BYTES;
      const length = Math.min(PAGE_BYTES, this.#size - start);
      const bytes = new Uint8Array(length);
      if (this.#readDirect(bytes, 0, length, start) < 0) return undefined;
      page = new Page(start, bytes);
      cachePage(page, this);
      this.#pages ??= new Map();
      this.#pages.set(number, page);
    }
    page.used = true;
    this.#page = page;
    return page;
  }

  dropPage(page: Page): void {
    if (this.#page === page) this.#page = undefined;
    this.#pages?.delete(page.start / PAGE_BYTES);
  }

  size(): number {
    return this.#size;
  }

  stat(out: Stat): Errno {
    out.dev = this.#snapshot.dev;
    out.ino = this.inode;
    out.type = FILETYPE_REGULAR_FILE;
    out.nlink = this.#snapshot.tree.nlink(this.record);
    out.size = this.#size;
    out.atime = out.mtime = out.ctime = this.#mtime;
    return 0;
  }

  write(): Errno {
    return -EROFS;
  }

  append(): Errno {
    return -EROFS;
  }

  truncate(): Errno {
    return -EROFS;
  }

  setTimes(): Errno {
    return -EROFS;
  }

  sync(): Errno {
    return 0;
  }

  close(): Errno {
    return 0;
  }
}
