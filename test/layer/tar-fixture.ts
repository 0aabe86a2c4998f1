import { createHash } from "node:crypto";
import type { Digest } from "../../src/oci/digest.js";

export interface TarFixtureEntry {
  readonly name: string | Uint8Array;
  /** Type byte of the header; "0", a file, by default. */
  readonly type?: string;
  readonly data?: string | Uint8Array;
  readonly link?: string;
  readonly mode?: number;
  /** Seconds since 1970. */
  readonly mtime?: number;
  /** Overrides of header fields, by offset, after which the checksum is made. */
  readonly patch?: Readonly<Record<number, string | Uint8Array>>;
  /** Written in place of the right checksum. */
  readonly checksum?: string;
  /** PAX records that come before the entry. */
  readonly pax?: Readonly<Record<string, string>>;
}

/** A tar of these entries with its end marker, block by block as the standard has it. */
export function makeTar(entries: readonly TarFixtureEntry[], end = true): Buffer {
  const parts = entries.flatMap((entry) => [
    ...(entry.pax === undefined
      ? []
      : [makeEntry({ name: "PaxHeaders/x", type: "x", data: paxRecords(entry.pax) })]),
    makeEntry(entry),
  ]);
  return Buffer.concat([...parts, Buffer.alloc(end ? 1024 : 0)]);
}

export function makeEntry(entry: TarFixtureEntry): Buffer {
  const data = Buffer.from(entry.data ?? "");
  const header = Buffer.alloc(512);
  header.set(Buffer.from(entry.name).subarray(0, 100), 0);
  header.write(octal(entry.mode ?? 0o644, 7), 100, "latin1");
  header.write(octal(0, 7), 108, "latin1");
  header.write(octal(0, 7), 116, "latin1");
  header.write(octal(data.byteLength, 11), 124, "latin1");
  header.write(octal(entry.mtime ?? 0, 11), 136, "latin1");
  header.write(entry.type ?? "0", 156, "latin1");
  header.write(entry.link ?? "", 157, "utf8");
  header.write("ustar\x0000", 257, "latin1");
  for (const [offset, value] of Object.entries(entry.patch ?? {})) {
    header.set(Buffer.from(value), Number(offset));
  }
  header.fill(0x20, 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(entry.checksum ?? `${octal(sum, 6)}\0 `, 148, "latin1");
  const padding = Buffer.alloc((512 - (data.byteLength % 512)) % 512);
  return Buffer.concat([header, data, padding]);
}

export function paxRecords(records: Readonly<Record<string, string>>): string {
  return Object.entries(records)
    .map(([key, value]) => {
      const rest = Buffer.byteLength(` ${key}=${value}\n`);
      let length = rest + String(rest).length;
      length = rest + String(length).length;
      return `${length} ${key}=${value}\n`;
    })
    .join("");
}

export function sha256(bytes: string | Uint8Array): Digest {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}
