import { BLOCK_BYTES } from "./tar-header.js";

/** What is written before an entry's data. */
export interface TarMember {
  /** Relative, without the first "/"; a directory's with a "/" at its end. */
  readonly name: string;
  readonly type: "file" | "directory" | "symlink" | "hardlink";
  /** Permission bits, 12 at most. */
  readonly mode: number;
  /** Bytes of a file's data; 0 for all others. */
  readonly size: number;
  /** Nanoseconds since 1970. */
  readonly mtime: bigint;
  /** Of a link: where it points; "" for all others. */
  readonly link: string;
}

const TYPE_FLAGS = { file: "0", hardlink: "1", symlink: "2", directory: "5" } as const;
const PAX_FLAG = "x";
/** What a header's field for a name holds, in bytes. */
const NAME_BYTES = 100;
/** Largest number of a field of eleven octal digits: 8 GiB less one, or the year 2242. */
const MAX_OCTAL_11 = 8 ** 11 - 1;
const NS = 1_000_000_000n;

/** The two blocks of zeros at the end of an archive. */
export const TAR_END = new Uint8Array(2 * BLOCK_BYTES);

/** The zeros behind `size` bytes of data. */
export function tarPadding(size: number): Uint8Array {
  return TAR_END.subarray(0, (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES);
}

/**
 * The header of an entry (POSIX.1-2017, pax, "ustar Interchange Format"), behind a PAX header if the
 * plain one cannot hold its name, link, size or time. Owner and group are 0 and have no names, so that
 * the bytes depend on the entry alone.
 */
export function tarHeader(member: TarMember): Uint8Array {
  const { name, link, size, mtime } = member;
  const records: string[] = [];
  if (!fits(name)) records.push(record("path", name));
  if (!fits(link)) records.push(record("linkpath", link));
  if (size > MAX_OCTAL_11) records.push(record("size", String(size)));
  const seconds = floorSeconds(mtime);
  const isPlain = seconds * NS === mtime && seconds >= 0n && seconds <= BigInt(MAX_OCTAL_11);
  if (!isPlain) records.push(record("mtime", decimalSeconds(mtime)));
  if (records.length === 0) return ustarBlock(member, TYPE_FLAGS[member.type]);
  const pax = Buffer.from(records.join(""));
  const extension = { ...member, name: "PaxHeaders/entry", link: "", size: pax.byteLength };
  return Buffer.concat([
    ustarBlock({ ...extension, mode: 0o644, mtime: 0n }, PAX_FLAG),
    pax,
    tarPadding(pax.byteLength),
    ustarBlock(member, TYPE_FLAGS[member.type]),
  ]);
}

function ustarBlock({ name, mode, size, mtime, link }: TarMember, flag: string): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES);
  block.write(shortened(name), 0, "latin1");
  block.write(octal(mode & 0o7777, 7), 100, "latin1");
  block.write(octal(0, 7), 108, "latin1");
  block.write(octal(0, 7), 116, "latin1");
  block.write(octal(size > MAX_OCTAL_11 ? 0 : size, 11), 124, "latin1");
  const seconds = Number(floorSeconds(mtime));
  block.write(octal(Math.min(Math.max(seconds, 0), MAX_OCTAL_11), 11), 136, "latin1");
  block.write(flag, 156, "latin1");
  block.write(shortened(link), 157, "latin1");
  block.write("ustar\x0000", 257, "latin1");
  block.write(octal(0, 7), 329, "latin1");
  block.write(octal(0, 7), 337, "latin1");
  block.fill(0x20, 148, 156);
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${octal(sum, 6)}\0`, 148, "latin1");
  return block;
}

/** ASCII of at most 100 bytes: what a header can hold and every tool reads the same way. */
function fits(text: string): boolean {
  return text.length <= NAME_BYTES && /^[\x20-\x7e]*$/.test(text);
}

/** What a tool that knows no PAX headers is shown. */
function shortened(text: string): string {
  return fits(text) ? text : text.replaceAll(/[^\x20-\x7e]+/g, "_").slice(0, NAME_BYTES);
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}

function floorSeconds(ns: bigint): bigint {
  return ns >= 0n ? ns / NS : -((-ns + NS - 1n) / NS);
}

/** `-1.5`, without zeros at the end. */
function decimalSeconds(ns: bigint): string {
  const size = ns < 0n ? -ns : ns;
  const fraction = (size % NS).toString().padStart(9, "0").replace(/0+$/, "");
  return `${ns < 0n ? "-" : ""}${size / NS}${fraction === "" ? "" : `.${fraction}`}`;
}

/** `<length> <key>=<value>\n`, where the length counts its own digits. */
function record(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}
