import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { openDecompressor } from "../../src/layer/decompressor.js";
import type { Compression } from "../../src/oci/media-types.js";

const TEXT = "the same words, the same words, the same words again; ".repeat(8);
/** What the zstd program makes of TEXT, without and with a checksum. */
const COMPRESSED = Buffer.from(
  "KLUv/QBoFQEAwHRoZSBzYW1lIHdvcmRzLCAgYWdhaW47IAIAd1mp3IhzCQ==",
  "base64",
);
const CHECKED = Buffer.from(
  "KLUv/QRoFQEAwHRoZSBzYW1lIHdvcmRzLCAgYWdhaW47IAIAd1mp3IhzCdSCEU0=",
  "base64",
);

const MAGIC = [0x28, 0xb5, 0x2f, 0xfd];
const SINGLE_SEGMENT = 0x20;
const RAW = 0;
const RLE = 1;

/** A frame of one block (RFC 8878 section 3.1.1) that says how much it holds in one byte. */
function frame(type: number, content: string, size = content.length): Buffer {
  const header = (size << 3) | (type << 1) | 1;
  const block = [header & 0xff, (header >> 8) & 0xff, header >> 16];
  const start = Buffer.from([...MAGIC, SINGLE_SEGMENT, size, ...block]);
  return Buffer.concat([start, Buffer.from(content)]);
}

function skippable(content: string): Buffer {
  const start = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, content.length, 0, 0, 0]);
  return Buffer.concat([start, Buffer.from(content)]);
}

async function decompress(
  compression: Compression,
  bytes: Uint8Array,
  step = bytes.byteLength,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  const decompressor = await openDecompressor(
    compression,
    (chunk) => void chunks.push(chunk),
    (problem) => new RangeError(problem),
  );
  try {
    for (let at = 0; at < bytes.byteLength; at += step) {
      await decompressor.write(bytes.subarray(at, at + step));
    }
    await decompressor.end();
  } finally {
    decompressor.discard();
  }
  return Buffer.concat(chunks).toString();
}

describe("what there is in one stream comes out in one piece", () => {
  const gzip = gzipSync(TEXT);
  test.each<[string, Compression, Buffer, string]>([
    ["plain", "none", Buffer.from(TEXT), TEXT],
    ["gzip", "gzip", gzip, TEXT],
    ["gzip members", "gzip", Buffer.concat([gzip, gzipSync(""), gzip]), TEXT + TEXT],
    ["zstd", "zstd", COMPRESSED, TEXT],
    ["zstd with a checksum", "zstd", CHECKED, TEXT],
    ["a raw block", "zstd", frame(RAW, "raw"), "raw"],
    ["a repeated byte", "zstd", frame(RLE, "r", 200), "r".repeat(200)],
    ["an empty frame", "zstd", frame(RAW, ""), ""],
    [
      "zstd frames, some to be skipped",
      "zstd",
      Buffer.concat([
        skippable("a"),
        COMPRESSED,
        skippable(""),
        CHECKED,
        frame(RAW, "end"),
        skippable("z"),
      ]),
      `${TEXT}${TEXT}end`,
    ],
  ])("%s", async (_what, compression, bytes, text) => {
    for (const step of [bytes.byteLength, 5, 1]) {
      expect(await decompress(compression, bytes, step)).toBe(text);
    }
  });
});

describe("refused", () => {
  const window = Buffer.from([...MAGIC, 0, 0xff, 1, 0, 0]);
  test.each<[string, Compression, Buffer, RegExp]>([
    ["gzip cut short", "gzip", gzipSync(TEXT).subarray(0, -1), /unexpected end/],
    ["gzip of nothing", "gzip", Buffer.from("x"), /header|end/],
    ["bytes behind gzip", "gzip", Buffer.concat([gzipSync(TEXT), Buffer.from("more")]), /header/],
    ["no zstd", "zstd", Buffer.from("plain text"), /no zstd frame/],
    [
      "bytes behind zstd",
      "zstd",
      Buffer.concat([COMPRESSED, Buffer.from("more")]),
      /no zstd frame/,
    ],
    ["zstd cut in a block", "zstd", COMPRESSED.subarray(0, -1), /cut short/],
    ["zstd cut in the checksum", "zstd", CHECKED.subarray(0, -1), /cut short/],
    [
      "zstd cut in the magic",
      "zstd",
      Buffer.concat([COMPRESSED, COMPRESSED.subarray(0, 2)]),
      /cut short/,
    ],
    ["a frame to be skipped cut short", "zstd", skippable("abc").subarray(0, -1), /cut short/],
    ["a window of 3.75 TiB", "zstd", window, /window/],
    ["a block of a reserved type", "zstd", frame(3, "x"), /reserved/],
  ])("%s", async (_what, compression, bytes, message) => {
    for (const step of [bytes.byteLength, 3]) {
      await expect(decompress(compression, bytes, step)).rejects.toThrow(message);
      await expect(decompress(compression, bytes, step)).rejects.toThrow(RangeError);
    }
  });

  test("damaged content", async () => {
    const damaged = Buffer.from(COMPRESSED);
    damaged.fill(0xff, 9, 12);
    await expect(decompress("zstd", damaged)).rejects.toThrow(RangeError);
  });
});

test("an output that fails ends it", async () => {
  for (const [compression, bytes] of [
    ["gzip", gzipSync(TEXT)],
    ["zstd", COMPRESSED],
  ] as const) {
    const decompressor = await openDecompressor(
      compression,
      () => Promise.reject(new Error("full")),
      (problem) => new RangeError(problem),
    );
    const all = async () => {
      await decompressor.write(bytes);
      await decompressor.end();
    };
    await expect(all()).rejects.toThrow("full");
    decompressor.discard();
  }
});
