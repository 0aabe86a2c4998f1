/** Strings between a guest's memory and the host. */
import { EFAULT, EILSEQ, EINVAL, ENAMETOOLONG, type Errno } from "../fs/errno.js";
import type { GuestMemory } from "./guest-memory.js";

/** Longest path in bytes, as Linux has it. */
const PATH_MAX_BYTES = 4096;
/** Short names are built from their codes: cheaper than a call of the decoder up to about here. */
const ASCII_LOOP_BYTES = 48;
/** Places for short paths that were read before; a power of two. Programs use few of them again and again. */
const KNOWN_PATHS = 64;

const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
export const ENCODER = new TextEncoder();

/** The path at an address: -EFAULT, -ENAMETOOLONG, -EILSEQ if it is not UTF-8, -EINVAL with a NUL. */
export function readPath(memory: GuestMemory, address: number, length: number): string | Errno {
  if (!memory.holds(address, length)) return -EFAULT;
  if (length > PATH_MAX_BYTES) return -ENAMETOOLONG;
  const { bytes } = memory;
  const end = address + length;
  return length <= ASCII_LOOP_BYTES ? readShort(bytes, address, end) : decode(bytes, address, end);
}

/** A short path of ASCII as it was read before: one and the same string, which V8 has hashed already. */
class KnownPath {
  text = "";
  readonly #bytes = new Uint8Array(ASCII_LOOP_BYTES);
  #length = 0;

  is(bytes: Uint8Array, start: number, length: number): boolean {
    if (length !== this.#length) return false;
    const own = this.#bytes;
    for (let at = 0; at < length; at++) if (own[at] !== bytes[start + at]) return false;
    return true;
  }

  become(text: string, bytes: Uint8Array, start: number): void {
    this.text = text;
    this.#length = text.length;
    for (let at = 0; at < text.length; at++) this.#bytes[at] = bytes[start + at] ?? 0;
  }
}

const known = Array.from({ length: KNOWN_PATHS }, () => new KnownPath());

function readShort(bytes: Uint8Array, start: number, end: number): string | Errno {
  let hash = 0;
  for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] ?? 0)) | 0;
  const path = known[(hash ^ (hash >>> 8)) & (KNOWN_PATHS - 1)];
  const length = end - start;
  if (path?.is(bytes, start, length)) return path.text;
  let text = "";
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === 0 || byte > 0x7f) return decode(bytes, start, end);
    text += String.fromCharCode(byte);
  }
  path?.become(text, bytes, start);
  return text;
}

function decode(bytes: Uint8Array, start: number, end: number): string | Errno {
  const view = bytes.subarray(start, end);
  try {
    const text = DECODER.decode(view);
    return view.includes(0) ? -EINVAL : text;
  } catch {
    return -EILSEQ;
  }
}

/** A list of strings as `args_get` and `environ_get` give it: all of them one after the other, each with a NUL. */
export interface StringBlock {
  readonly bytes: Uint8Array;
  /** Where each string starts. */
  readonly starts: readonly number[];
}

export function encodeStrings(strings: readonly string[]): StringBlock {
  const starts: number[] = [];
  let capacity = 0;
  for (const text of strings) capacity += text.length * 3 + 1; // UTF-16 to UTF-8: three bytes at most
  const bytes = new Uint8Array(capacity);
  let used = 0;
  for (const text of strings) {
    starts.push(used);
    used += ENCODER.encodeInto(text, bytes.subarray(used)).written + 1;
  }
  return { bytes: bytes.subarray(0, used), starts };
}

/** Copies a block to `data` and the addresses of its strings to `pointers`. */
export function writeStrings(
  memory: GuestMemory,
  block: StringBlock,
  pointers: number,
  data: number,
): number {
  const { bytes, starts } = block;
  if (!memory.holds(pointers, starts.length * 4) || !memory.holds(data, bytes.length)) {
    return EFAULT;
  }
  memory.bytes.set(bytes, data);
  for (let index = 0; index < starts.length; index++) {
    memory.view.setUint32(pointers + index * 4, data + (starts[index] ?? 0), true);
  }
  return 0;
}

export function writeStringSizes(
  memory: GuestMemory,
  block: StringBlock,
  count: number,
  size: number,
): number {
  if (!memory.holds(count, 4) || !memory.holds(size, 4)) return EFAULT;
  memory.view.setUint32(count, block.starts.length, true);
  memory.view.setUint32(size, block.bytes.length, true);
  return 0;
}
