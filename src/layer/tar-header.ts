import { isUtf8 } from "node:buffer";

export const BLOCK_BYTES = 512;

/** Field: where it begins in the header block, and its length, in bytes. */
type Field = readonly [start: number, length: number];
const NAME: Field = [0, 100];
const SIZE: Field = [124, 12];
const CHECKSUM: Field = [148, 8];
const TYPE_AT = 156;
const LINK_NAME: Field = [157, 100];
const MAGIC: Field = [257, 8];
const PREFIX: Field = [345, 155];

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
  /** The name, and the link's target where the type has one, as far as this block holds them. */
  readonly name: Uint8Array;
  readonly prefix: Uint8Array;
  readonly linkName: Uint8Array | undefined;
}

/**
 * Reads a header block as strictly as a hostile archive needs it (POSIX.1-2017, pax, "ustar
 * Interchange Format"; GNU tar's magic and base-256 numbers are known too).
 *
 * @param reject - makes the error from a sentence about the header.
 */
export function readTarHeader(block: Uint8Array, reject: (problem: string) => Error): TarHeader {
  if (checksumOf(block) !== readNumber(block, CHECKSUM)) {
    throw reject("a header has a wrong checksum");
  }
  const magic = Buffer.from(fieldOf(block, MAGIC)).toString("latin1");
  const isGnu = magic === "ustar  \0";
  if (!isGnu && !magic.startsWith("ustar\0")) throw reject("a header is not in the ustar format");
  const flag = String.fromCharCode(block[TYPE_AT] ?? 0);
  const type = TYPES.get(flag);
  if (type === undefined) {
    const what = flag === "S" ? "a sparse file" : `an entry of type ${JSON.stringify(flag)}`;
    throw reject(`${what} is not supported`);
  }
  const size = readNumber(block, SIZE);
  if (size === undefined) throw reject("a header has a size that is no number");
  return {
    type,
    size,
    name: textOf(block, NAME),
    prefix: isGnu ? new Uint8Array() : textOf(block, PREFIX),
    linkName: flag === "1" || flag === "2" ? textOf(block, LINK_NAME) : undefined,
  };
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

function textOf(block: Uint8Array, field: Field): Uint8Array {
  return untilNul(fieldOf(block, field));
}

function fieldOf(block: Uint8Array, [start, length]: Field): Uint8Array {
  return block.subarray(start, start + length);
}

/** Sum of all bytes, those of the checksum's own field counted as spaces. */
function checksumOf(block: Uint8Array): number {
  const [start, length] = CHECKSUM;
  let sum = 0;
  for (let at = 0; at < BLOCK_BYTES; at++) sum += block[at] ?? 0;
  for (const byte of fieldOf(block, [start, length])) sum += 0x20 - byte;
  return sum;
}

/** Octal digits, or GNU's base-256 with the top bit of the first byte set; `undefined`: neither. */
function readNumber(block: Uint8Array, field: Field): number | undefined {
  const bytes = fieldOf(block, field);
  if (bytes[0] === 0x80) {
    let value = 0;
    for (const byte of bytes.subarray(1)) {
      value = value * 256 + byte;
      if (!Number.isSafeInteger(value)) return undefined;
    }
    return value;
  }
  const digits = /^ *([0-7]*)[ \0]*$/.exec(Buffer.from(bytes).toString("latin1"))?.[1];
  if (digits === undefined) return undefined;
  const value = digits === "" ? 0 : Number.parseInt(digits, 8);
  return Number.isSafeInteger(value) ? value : undefined;
}
