/**
 * Frames from one thread to another, in shared memory, first in, first out. Bytes of one frame:
 *
 *     Int32 × 6     length of head (-1: head and body come by message), length of body, guest, id, kind, 0
 *     head, body    behind each other, padded to 4
 *
 * Positions are absolute byte counts modulo 2^32. One thread writes, one reads.
 */

/** Bytes of a ring, a power of two: a handful of frames as large as they may be. */
export const FRAME_RING_BYTES = 128 * 1024;
/** Frames with more bytes than this go by message: a copy through the ring costs less below it. */
export const MAX_FRAME_BYTES = 24 * 1024;
const HEADER_BYTES = 24;
const MASK = FRAME_RING_BYTES - 1;
/** Words of the reader and of the writer lie a cache line apart. */
const HEAD = 0;
const TAIL = 16;
/** 1: the writer has more than there was room for. */
const LATE = 17;
const CONTROL_WORDS = 32;

/** Bytes of shared memory that a ring takes. */
export const FRAME_RING_TOTAL_BYTES = CONTROL_WORDS * 4 + FRAME_RING_BYTES;

export interface Frame {
  /** The process that sends it, or for which it is. */
  readonly guest: number;
  readonly id: number;
  readonly kind: number;
  /** Undefined: both come by message. */
  readonly head: Uint8Array | undefined;
  readonly body: Uint8Array;
}

const NOTHING = new Uint8Array(0);

export class FrameRing {
  readonly #control: Int32Array<SharedArrayBuffer>;
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #bytes: Uint8Array<SharedArrayBuffer>;

  constructor(buffer: SharedArrayBuffer, offset: number) {
    this.#control = new Int32Array(buffer, offset, CONTROL_WORDS);
    const at = offset + CONTROL_WORDS * 4;
    this.#words = new Int32Array(buffer, at, FRAME_RING_BYTES / 4);
    this.#bytes = new Uint8Array(buffer, at, FRAME_RING_BYTES);
  }

  /** Whether there is a frame to read. */
  get waiting(): boolean {
    return Atomics.load(this.#control, HEAD) !== Atomics.load(this.#control, TAIL);
  }

  /** The writer has more than there was room for: the reader is to tell when it has read. */
  late(): void {
    Atomics.store(this.#control, LATE, 1);
  }

  /** Reader's side: whether the writer is to be told. */
  takeLate(): boolean {
    if (Atomics.load(this.#control, LATE) === 0) return false;
    Atomics.store(this.#control, LATE, 0);
    return true;
  }

  /** False when there is no room; nothing is written then. */
  write(
    guest: number,
    id: number,
    kind: number,
    head: Uint8Array | undefined,
    body: Uint8Array,
  ): boolean {
    const headLength = head?.length ?? 0;
    const length = head === undefined ? 0 : headLength + body.length;
    const size = (HEADER_BYTES + length + 3) & ~3;
    const start = Atomics.load(this.#control, HEAD);
    const used = (start - Atomics.load(this.#control, TAIL)) >>> 0;
    if (used + size > FRAME_RING_BYTES) return false;
    this.#set(start, head === undefined ? -1 : headLength);
    this.#set(start + 4, body.length);
    this.#set(start + 8, guest);
    this.#set(start + 12, id);
    this.#set(start + 16, kind);
    if (head !== undefined) {
      this.#copyIn(start + HEADER_BYTES, head);
      this.#copyIn(start + HEADER_BYTES + headLength, body);
    }
    Atomics.store(this.#control, HEAD, (start + size) | 0);
    return true;
  }

  /** The oldest frame, copied out; undefined when there is none. */
  read(): Frame | undefined {
    const start = Atomics.load(this.#control, TAIL);
    if (start === Atomics.load(this.#control, HEAD)) return undefined;
    const headLength = this.#get(start);
    const bodyLength = this.#get(start + 4);
    const guest = this.#get(start + 8);
    const id = this.#get(start + 12);
    const kind = this.#get(start + 16);
    const inRing = headLength !== -1;
    const head = inRing ? this.#copyOut(start + HEADER_BYTES, headLength) : undefined;
    const body = inRing ? this.#copyOut(start + HEADER_BYTES + headLength, bodyLength) : NOTHING;
    const length = inRing ? headLength + bodyLength : 0;
    const size = (HEADER_BYTES + length + 3) & ~3;
    Atomics.store(this.#control, TAIL, (start + size) | 0);
    return { guest, id, kind, head, body };
  }

  #set(at: number, value: number): void {
    this.#words[(at & MASK) >> 2] = value;
  }

  #get(at: number): number {
    return this.#words[(at & MASK) >> 2] ?? 0;
  }

  #copyIn(at: number, from: Uint8Array): void {
    const begin = at & MASK;
    const first = Math.min(from.length, FRAME_RING_BYTES - begin);
    this.#bytes.set(first === from.length ? from : from.subarray(0, first), begin);
    if (first < from.length) this.#bytes.set(from.subarray(first), 0);
  }

  #copyOut(at: number, length: number): Uint8Array {
    if (length === 0) return NOTHING;
    const begin = at & MASK;
    const end = begin + length;
    if (end <= FRAME_RING_BYTES) return this.#bytes.slice(begin, end);
    const copy = new Uint8Array(length);
    copy.set(this.#bytes.subarray(begin));
    copy.set(this.#bytes.subarray(0, end - FRAME_RING_BYTES), FRAME_RING_BYTES - begin);
    return copy;
  }
}
