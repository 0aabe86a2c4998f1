import { makeEntry, makeTar, paxRecords, type TarFixtureEntry } from "../../layer/tar-fixture.js";
import { pick, type Numbers } from "../seeded-numbers.js";

const BLOCK = 512;

const NAMES = [
  "a",
  "b/c",
  "./b/c",
  "/b//d",
  "../../up",
  "b/../..",
  "",
  ".",
  "/",
  "dir/",
  "__proto__/x",
  "constructor",
  ".wh.a",
  "b/.wh..wh..opq",
  ".wh..wh..opq",
  ".wh..wh.plnk/1",
  ".wh.",
  ".wh...",
  "b/.wh.c",
  "n".repeat(100),
  "d/".repeat(49),
  "ü/é",
  "a\\b",
  "a\nb",
  "\u202ea",
];

/** Headers' fields: where they begin, and their length. */
const FIELDS: readonly (readonly [at: number, length: number])[] = [
  [0, 100],
  [100, 8],
  [108, 8],
  [124, 12],
  [136, 12],
  [148, 8],
  [156, 1],
  [157, 100],
  [257, 6],
  [263, 2],
  [345, 155],
];
const TYPES = "\u00000123456789LKxgSDMNVXAZ7 ";

/** An archive of a few entries, many of them odd, then changed in up to three places. */
export function mutatedTar(next: Numbers): Uint8Array {
  const blocks = blocksOf(makeTar(entries(next), next(8) !== 0));
  for (let changes = next(3); changes > 0; changes--) change(blocks, next);
  const tar = Buffer.concat(blocks);
  return next(8) === 0 ? tar.subarray(0, next(tar.length + 1)) : tar;
}

function entries(next: Numbers): TarFixtureEntry[] {
  return Array.from({ length: 1 + next(5) }, () => entry(next));
}

function entry(next: Numbers): TarFixtureEntry {
  const name = next(2) === 0 ? `plain/${next(9)}` : pick(NAMES, next);
  const kind = next(12);
  const mtime = pick([0, 1, 1_700_000_000, 8_589_934_591], next);
  if (kind < 6) return { name, data: data(next), mode: next(0o10000), mtime };
  if (kind < 8) return { name, type: pick(["1", "2"], next), link: pick(NAMES, next), mtime };
  if (kind < 9) return { name, type: pick(["5", "3", "4", "6", "7", "\u0000"], next) };
  if (kind < 10) return { name, data: data(next), pax: pax(next) };
  if (kind < 11) {
    const long = `${pick(NAMES, next)}${"/long".repeat(next(60))}`;
    return { name: "././@LongLink", type: pick(["L", "K"], next), data: `${long}\0` };
  }
  return { name, type: pick([...TYPES], next), data: next(2) === 0 ? data(next) : "" };
}

function data(next: Numbers): Uint8Array {
  const bytes = Buffer.alloc(pick([0, 1, 8, 511, 512, 513, 1500], next), next(256));
  if (next(3) === 0) Buffer.from([0, 0x61, 0x73, 0x6d, next(16), 0, next(2), 0]).copy(bytes);
  return bytes;
}

function pax(next: Numbers): Record<string, string> {
  const records: Record<string, string>[] = [
    { path: pick(NAMES, next) },
    { linkpath: pick(NAMES, next) },
    { size: pick(["0", "1", "512", "99999999999", "-1", "1e3", "", " 7"], next) },
    { mtime: pick(["0", "-1.5", "1e9", "9".repeat(30), "1.123456789123", "NaN"], next) },
    { path: `long/${"segment/".repeat(next(700))}end` },
    { "GNU.sparse.major": "1", "GNU.sparse.realsize": "10" },
    { hdrcharset: "BINARY" },
    { "SCHILY.xattr.user.x": "v" },
    { ["__proto__"]: "x" },
    { "constructor.prototype.polluted": "x" },
    { "": "x" },
    { path: "a\0b" },
  ];
  return { ...pick(records, next), ...(next(3) === 0 ? pick(records, next) : {}) };
}

function change(blocks: Buffer[], next: Numbers): void {
  const at = next(blocks.length);
  const block = blocks[at];
  if (block === undefined) return;
  switch (next(10)) {
    case 0:
      block[next(BLOCK)] ^= 1 << next(8);
      break;
    case 1:
      block[next(BLOCK)] ^= 1 << next(8);
      sign(block);
      break;
    case 2:
      changeField(block, next);
      break;
    case 3:
      blocks.splice(at, 1);
      break;
    case 4:
      blocks.splice(at, 0, Buffer.from(blocks[next(blocks.length)] ?? block));
      break;
    case 5:
      blocks.splice(at, 0, Buffer.alloc(BLOCK, next(2) === 0 ? 0 : next(256)));
      break;
    case 6: {
      // Records that lie about their own length.
      const text = paxRecords(pax(next)).replace(/^\d+/, String(next(2000)));
      blocks.splice(
        at,
        0,
        ...blocksOf(makeEntry({ name: "p", type: pick(["x", "g"], next), data: text })),
      );
      break;
    }
    case 7:
      blocks.splice(
        at,
        0,
        ...blocksOf(makeEntry({ name: "g", type: "g", data: paxRecords(pax(next)) })),
      );
      break;
    default:
      changeField(block, next);
      sign(block);
  }
}

function changeField(block: Buffer, next: Numbers): void {
  const [at, length] = pick(FIELDS, next);
  const values: readonly (() => Buffer)[] = [
    () => Buffer.alloc(length, next(256)),
    () => Buffer.from("7".repeat(length)),
    () =>
      Buffer.from(
        next(2 ** 31)
          .toString(8)
          .padStart(length - 1, "0"),
      ),
    // Base 256, as GNU tar writes what is too large for octal digits.
    () =>
      Buffer.from([
        pick([0x80, 0xff], next),
        ...Array.from({ length: length - 1 }, () => next(256)),
      ]),
    () => Buffer.from([0x80, ...Buffer.alloc(Math.max(0, length - 2)), next(4)]),
    () => Buffer.from(pick([...TYPES], next)),
    () => Buffer.from(pick(NAMES, next)),
    () => Buffer.from(pick(["ustar\0", "ustar ", "ustar\x0000", "ustar  \0", "        "], next)),
    () => Buffer.from([0xc3, 0x28, 0xff]),
  ];
  const value = pick(values, next)();
  value.copy(block, at, 0, Math.min(length, value.length));
}

/** Gives a block the checksum of a header. */
function sign(block: Buffer): void {
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
}

function blocksOf(bytes: Uint8Array): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.byteLength / BLOCK) }, (_, i) =>
    Buffer.from(bytes.subarray(i * BLOCK, (i + 1) * BLOCK)),
  );
}
