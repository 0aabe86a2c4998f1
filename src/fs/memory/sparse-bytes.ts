import { copyBytes } from "../copy-bytes.js";
import type { MemoryQuota } from "./memory-quota.js";

/** 64 KiB: what programs write at once. The first page of a file grows up to it, so small files stay small. */
const PAGE_BYTES = 65_536;
/** Smallest buffer of a file's first page. */
const FIRST_BYTES = 256;
/**
 * Smallest buffer of a later page, and what such a page counts as at least: a guest that writes one byte
 * into each page must not hold more than a small multiple of its quota.
 */
const LATER_BYTES = 4096;

interface Page {
  bytes: Uint8Array;
  /** Bytes from the start that have ever been written: what the page counts as. Zeros beyond it. */
  used: number;
}

/** The contents of a file: pages where something was written, holes that read as zeros elsewhere. */
export class SparseBytes {
  size = 0;
  #first: Page = { bytes: EMPTY, used: 0 };
  #later: Map<number, Page> | undefined;
  readonly #quota: MemoryQuota;

  constructor(quota: MemoryQuota) {
    this.#quota = quota;
  }

  read(dst: Uint8Array, offset: number, length: number, position: number): number {
    const wanted = Math.min(length, this.size - position);
    if (wanted <= 0) return 0;
    let done = 0;
    while (done < wanted) {
      const at = position + done;
      const inPage = at % PAGE_BYTES;
      const count = Math.min(wanted - done, PAGE_BYTES - inPage);
      const page = at < PAGE_BYTES ? this.#first : this.#later?.get((at - inPage) / PAGE_BYTES);
      const held = page === undefined ? 0 : Math.max(0, Math.min(count, page.used - inPage));
      if (page !== undefined && held > 0) copyBytes(page.bytes, inPage, dst, offset + done, held);
      if (held < count) dst.fill(0, offset + done + held, offset + done + count);
      done += count;
    }
    return done;
  }

  /** Bytes written: fewer than asked for when the quota is used up. */
  write(src: Uint8Array, offset: number, length: number, position: number): number {
    let done = 0;
    while (done < length) {
      const at = position + done;
      const inPage = at % PAGE_BYTES;
      const wanted = Math.min(length - done, PAGE_BYTES - inPage);
      const number = (at - inPage) / PAGE_BYTES;
      const page = this.#page(number);
      if (page === undefined) break;
      const count = this.#extend(page, inPage, wanted);
      if (count === 0) {
        if (page.used === 0) this.#drop(number, page);
        break;
      }
      copyBytes(src, offset + done, page.bytes, inPage, count);
      done += count;
    }
    if (done > 0) this.size = Math.max(this.size, position + done);
    return done;
  }

  truncate(size: number): void {
    if (size < this.size) {
      this.#shrink(this.#first, size);
      for (const [number, page] of this.#later ?? []) {
        const start = number * PAGE_BYTES;
        if (start >= size) this.#drop(number, page);
        else this.#shrink(page, size - start);
      }
    }
    this.size = size;
  }

  #page(number: number): Page | undefined {
    if (number === 0) return this.#first;
    const known = this.#later?.get(number);
    if (known !== undefined) return known;
    if (this.#quota.takeBytes(LATER_BYTES, LATER_BYTES) === 0) return undefined;
    const page: Page = { bytes: new Uint8Array(LATER_BYTES), used: 0 };
    this.#later ??= new Map();
    this.#later.set(number, page);
    return page;
  }

  #drop(number: number, page: Page): void {
    if (this.#later?.delete(number) === true)
      this.#quota.giveBytes(Math.max(page.used, LATER_BYTES));
  }

  /** Makes room for up to `count` bytes at `at`; how many there is room for. */
  #extend(page: Page, at: number, count: number): number {
    const end = at + count;
    if (end <= page.used) return count;
    const paid = Math.max(page.used, page === this.#first ? 0 : LATER_BYTES);
    // What lies before `at` is part of the price, and the least worth paying is one byte of data.
    const missing = Math.max(0, end - paid);
    const least = Math.max(0, at + 1 - paid);
    const taken = missing === 0 ? 0 : this.#quota.takeBytes(least, missing);
    if (missing > 0 && taken === 0 && at >= paid) return 0;
    const used = Math.min(end, paid + taken);
    if (used > page.bytes.length)
      page.bytes = resized(page.bytes, page.used, page === this.#first ? 0 : LATER_BYTES, used);
    page.used = Math.max(page.used, used);
    return used - at;
  }

  #shrink(page: Page, size: number): void {
    if (page.used <= size) return;
    page.bytes.fill(0, size, page.used);
    const floor = page === this.#first ? 0 : LATER_BYTES;
    this.#quota.giveBytes(Math.max(page.used, floor) - Math.max(size, floor));
    page.used = size;
    if (page === this.#first && size === 0) page.bytes = EMPTY;
    else if (page.bytes.length > roomFor(size, floor))
      page.bytes = resized(page.bytes, size, floor);
  }
}

const EMPTY = new Uint8Array(0);

/** How long a buffer for so many bytes is: what is paid for must not be much less than what is held. */
function roomFor(bytes: number, floor: number): number {
  let length = Math.max(floor, FIRST_BYTES);
  while (length < bytes) length *= 2;
  return Math.min(length, PAGE_BYTES);
}

/** A copy of the first `used` bytes, with room for `needed`. */
function resized(bytes: Uint8Array, used: number, floor: number, needed = used): Uint8Array {
  const copy = new Uint8Array(roomFor(needed, floor));
  copy.set(bytes.subarray(0, used));
  return copy;
}
