/**
 * Recently read pieces of image files, shared by all containers of a worker: blobs never change. A page
 * is up to 64 KiB of one file, so a small file is one page and one read.
 */
export const PAGE_BYTES = 65_536;
/** 4 MiB in each worker: some 64 full pages, or thousands of small files. */
const MAX_CACHED_BYTES = 4 * 2 ** 20;
/** What a page costs besides its bytes, so that a million of empty files count. */
const PAGE_OVERHEAD = 256;

export class Page {
  /** In bytes from the start of the file. */
  readonly start: number;
  bytes: Uint8Array;
  /** Looked at since the clock hand came by. */
  used = true;

  constructor(start: number, bytes: Uint8Array) {
    this.start = start;
    this.bytes = bytes;
  }
}

/** Who holds a page, and is told when it goes. */
export interface PageHolder {
  dropPage(page: Page): void;
}

interface Slot {
  readonly page: Page;
  readonly holder: PageHolder;
}

const slots: Slot[] = [];
let cachedBytes = 0;
let hand = 0;

/** Keeps `page` until room is needed; pages that were used lately stay longest (a clock). */
export function cachePage(page: Page, holder: PageHolder): void {
  cachedBytes += page.bytes.length + PAGE_OVERHEAD;
  while (cachedBytes > MAX_CACHED_BYTES && slots.length > 0) evictOne();
  slots.push({ page, holder });
}

function evictOne(): void {
  for (;;) {
    if (hand >= slots.length) hand = 0;
    const slot = slots[hand];
    if (slot === undefined) return;
    if (slot.page.used) {
      slot.page.used = false;
      hand++;
      continue;
    }
    const last = slots.pop();
    if (last !== undefined && last !== slot) slots[hand] = last;
    cachedBytes -= slot.page.bytes.length + PAGE_OVERHEAD;
    slot.holder.dropPage(slot.page);
    return;
  }
}
