import { isUtf8 } from "node:buffer";

export const BLOCK_BYTES = 512;
const SPACE = 0x20;
const ZERO = 0x30;

/** A field of the header block: from where to where, in bytes. */
interface Field {
  readonly start: number;
  readonly end: number;
}
const NAME: Field = { start: 0, end: 100 };
const SIZE: Field = { start: 124, end: 136 };
const CHECKSUM: Field = { start: 148, end: 156 };
const TYPE_AT = 156;
const LINK_NAME: Field = { start: 157, end: 257 };
const MAGIC_AT = 257;
const PREFIX: Field = { start: 345, end: 500 };

/** How a name in this field is to be read. */
export type NameState = "good" | "bad" | "empty";

/** What the type byte of a header says; other types do not occur in layers and are refused. */
export type TarType = "file" | "bodiless" | "pax" | "pax-global" | "gnu-name" | "gnu-link";

const TYPES: ReadonlyMap<string, TarType> = new Map<string, TarType>([
  ["\0", "file"],
  ["0", "file"],
  ["7", "file"],
  ["1", "bodiless"],
  ["2", "bodiless"],
  ["3", "bodiless"],
  ["4", "bodiless"],
  ["5", "bodiless"],
  ["6", "bodiless"],
  ["x", "pax"],
  ["g", "pax-global"],
  ["L", "gnu-name"],
  ["K", "gnu-link"],
]);

export interface TarHeader {
  readonly type: TarType;
  /** Bytes that follow, not counting the padding. */
  readonly size: number;
  /** The name as far as this block holds it: in one field, or in two. */
  readonly name: NameState;
  /** The link's target; "good" where the type has none. */
  readonly linkName: NameState;
}

/**
 * Reads a header block as strictly as a hostile archive needs it (POSIX.1-2017, pax, "ustar
 * Interchange Format"; GNU tar's magic and base-256 numbers are known too). Allocates little: a layer
 * may have half a million of them.
 *
 * @param reject - makes the error from a sentence about the header.
 */
export function readTarHeader(block: Uint8Array, reject: (problem: string) => Error): TarHeader {
  if (checksumOf(block) !== readNumber(block, CHECKSUM)) {
    throw reject("a header has a wrong checksum");
  }
  const isGnu = startsWith(block, MAGIC_AT, "ustar  \0");
  if (!isGnu && !startsWith(block, MAGIC_AT, "ustar\0")) {
    throw reject("a header is not in the ustar format");
  }
  const flag = String.fromCharCode(block[TYPE_AT] ?? 0);
  const type = TYPES.get(flag);
  if (type === undefined) {
    const what = flag === "S" ? "a sparse file" : `an entry of type ${JSON.stringify(flag)}`;
    throw reject(`${what} is not supported`);
  }
  const size = readNumber(block, SIZE);
  if (size === undefined) throw reject("a header has a size that is no number");
  const isPrefixBad = !isGnu && stateOf(block, PREFIX) === "bad";
  const isLink = flag === "1" || flag === "2";
  return {
    type,
    size,
    name: isPrefixBad ? "bad" : stateOf(block, NAME),
    linkName: isLink ? stateOf(block, LINK_NAME) : "good",
  };
}

function startsWith(block: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (block[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** Of the bytes up to the first NUL. */
function stateOf(block: Uint8Array, { start, end }: Field): NameState {
  let at = start;
  let isAscii = true;
  for (; at < end; at++) {
    const byte = block[at] ?? 0;
    if (byte === 0) break;
    isAscii &&= byte < 0x80;
  }
  if (at === start) return "empty";
  return isAscii || isUtf8(block.subarray(start, at)) ? "good" : "bad";
}

/** Tells whether these bytes are a name that can be read: not empty, and UTF-8. */
export function isName(bytes: Uint8Array): boolean {
  return bytes.byteLength > 0 && isUtf8(bytes);
}

export function isZero(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.byteLength; at++) if (bytes[at] !== 0) return false;
  return true;
}

/** Up to the first NUL. */
export function untilNul(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

/** Sum of all bytes, those of the checksum's own field counted as spaces. */
function checksumOf(block: Uint8Array): number {
  const { start, end } = CHECKSUM;
  let sum = 0;
  for (let at = 0; at < BLOCK_BYTES; at++) sum += block[at] ?? 0;
  for (let at = start; at < end; at++) sum += SPACE - (block[at] ?? 0);
  return sum;
}

/** Octal digits, or GNU's base-256 with the top bit of the first byte set; `undefined`: neither. */
function readNumber(block: Uint8Array, { start, end }: Field): number | undefined {
  let at = start;
  let value = 0;
  if (block[at] === 0x80) {
    while (++at < end) {
      value = value * 256 + (block[at] ?? 0);
      if (!Number.isSafeInteger(value)) return undefined;
    }
    return value;
  }
  while (at < end && block[at] === SPACE) at++;
  for (; at < end; at++) {
    const digit = (block[at] ?? 0) - ZERO;
    if (digit < 0 || digit > 7) break;
    value = value * 8 + digit;
  }
  // What follows the digits must be spaces or NULs.
  for (; at < end; at++) if (block[at] !== SPACE && block[at] !== 0) return undefined;
  return Number.isSafeInteger(value) ? value : undefined;
}
