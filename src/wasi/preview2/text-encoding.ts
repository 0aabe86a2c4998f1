/** The three encodings of strings that a component's core module may ask for (canonical ABI, `string-encoding`). */
import { EILSEQ, EINVAL, ENAMETOOLONG, type Errno } from "../../fs/errno.js";
import { MAX_PATH_BYTES } from "../../fs/resolve.js";
import type { GuestMemory } from "../guest-memory.js";
import { ENCODER } from "../guest-string.js";

/** `length` is a string's second word, as the guest gives it and takes it. */
export interface TextEncoding {
  /** Of a string's address, in bytes. */
  readonly align: number;
  bytesOf(length: number): number;
  lengthOf(bytes: number): number;
  encode(text: string): Uint8Array;
  /** Undefined: it is no text. The bytes at `at` have been checked. */
  decode(memory: GuestMemory, at: number, length: number): string | undefined;
}

const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** Half of a pair is no character. */
const LONE_SURROGATE = /\p{Surrogate}/u;
/** Of latin1+utf16: the string is of 16-bit units. */
const WIDE = 0x8000_0000;

export const UTF8: TextEncoding = {
  align: 1,
  bytesOf: (length) => length,
  lengthOf: (bytes) => bytes,
  encode: (text) => ENCODER.encode(text),
  decode({ bytes }, at, length) {
    try {
      return DECODER.decode(bytes.subarray(at, at + length));
    } catch {
      return undefined;
    }
  },
};

const UTF16: TextEncoding = {
  align: 2,
  bytesOf: (length) => length * 2,
  lengthOf: (bytes) => bytes / 2,
  encode: (text) => Buffer.from(text, "utf16le"),
  decode({ bytes }, at, length) {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + at, length * 2).toString("utf16le");
    return LONE_SURROGATE.test(text) ? undefined : text;
  },
};

const LATIN1_OR_UTF16: TextEncoding = {
  align: 2,
  bytesOf: (length) => (length >= WIDE ? (length - WIDE) * 2 : length),
  lengthOf: (bytes) => bytes / 2 + WIDE,
  encode: (text) => UTF16.encode(text),
  decode(memory, at, length) {
    if (length >= WIDE) return UTF16.decode(memory, at, length - WIDE);
    const { buffer, byteOffset } = memory.bytes;
    return Buffer.from(buffer, byteOffset + at, length).toString("latin1");
  },
};

/** By jco's name for it. */
export function textEncoding(name: string | undefined): TextEncoding {
  if (name === undefined || name === "utf8") return UTF8;
  return name === "utf16" ? UTF16 : LATIN1_OR_UTF16;
}

/** What a path of another encoding than UTF-8 is; the bytes at `at` have been checked. */
export function decodePath(
  encoding: TextEncoding,
  memory: GuestMemory,
  at: number,
  length: number,
): string | Errno {
  if (encoding.bytesOf(length) > MAX_PATH_BYTES * 2) return -ENAMETOOLONG;
  const path = encoding.decode(memory, at, length);
  if (path === undefined) return -EILSEQ;
  return path.includes("\0") ? -EINVAL : path;
}
