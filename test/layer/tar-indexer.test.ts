import { describe, expect, test } from "vitest";
import { SafedockError } from "../../src/base/errors.js";
import type { LayerEntry } from "../../src/layer/layer-entry.js";
import { TarIndexer } from "../../src/layer/tar-indexer.js";
import { makeEntry, makeTar, paxRecords } from "./tar-fixture.js";

const invalid = (problem: string) =>
  new SafedockError("ERR_LAYER_INVALID", problem, { data: { digest: "sha256:0", problem } });

/** Indexes a tar that comes in pieces of `step` bytes. */
async function index(tar: Uint8Array, step = tar.byteLength): Promise<LayerEntry[]> {
  const indexer = new TarIndexer(invalid, () => undefined);
  try {
    for (let at = 0; at < tar.byteLength; at += step) {
      await indexer.write(tar.subarray(at, at + step));
    }
    return await indexer.end();
  } finally {
    indexer.discard();
  }
}

const CORE = Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 0, 0]);
const COMPONENT = Buffer.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]);

describe("what a tar holds", () => {
  const tar = makeTar([
    { name: "./bin/", type: "5", mode: 0o700, mtime: 12 },
    { name: "bin/hello.wasm", data: CORE, mode: 0o755 },
    { name: "/lib//./part.wasm", data: COMPONENT },
    { name: "../../up", data: "x" },
    { name: "empty" },
    { name: "bin/again", type: "1", link: "./bin/hello.wasm" },
    { name: "link", type: "2", link: "../bin/hello.wasm" },
    { name: "null", type: "3" },
    { name: "bin/.wh.gone", data: "" },
    { name: "lib/.wh..wh..opq" },
    { name: ".wh..wh.plnk", type: "5" },
    { name: "short", data: "y", pax: { path: "ü/long name", mtime: "1700000000.123456789" } },
  ]);
  const base = { mode: 0o644, size: 0, offset: 0, mtime: 0n, link: "" };
  const expected: LayerEntry[] = [
    { ...base, path: "/bin", type: "directory", mode: 0o700, mtime: 12_000_000_000n },
    {
      ...base,
      path: "/bin/hello.wasm",
      type: "file",
      mode: 0o755,
      size: 10,
      offset: 1024,
      wasm: "core",
    },
    { ...base, path: "/lib/part.wasm", type: "file", size: 8, offset: 2048, wasm: "component" },
    { ...base, path: "/up", type: "file", size: 1, offset: 3072 },
    { ...base, path: "/empty", type: "file", offset: 4096 },
    { ...base, path: "/bin/again", type: "hardlink", link: "/bin/hello.wasm" },
    { ...base, path: "/link", type: "symlink", link: "../bin/hello.wasm" },
    { ...base, path: "/bin/gone", type: "whiteout" },
    { ...base, path: "/lib", type: "opaque" },
    {
      ...base,
      path: "/ü/long name",
      type: "file",
      size: 1,
      offset: 8704,
      mtime: 1_700_000_000_123_456_789n,
    },
  ];

  test.each([tar.byteLength, 4096, 512, 511, 7, 1])("in pieces of %i bytes", async (step) => {
    expect(await index(tar, step)).toEqual(expected);
  });

  test("without the end marker, and with much padding behind it", async () => {
    expect(await index(tar.subarray(0, -1024))).toEqual(expected);
    expect(await index(Buffer.concat([tar, Buffer.alloc(10_001)]), 777)).toEqual(expected);
  });

  test("without the padding of its last file, as umoci writes it", async () => {
    for (const size of [1, 511, 512, 513]) {
      const entry = makeEntry({ name: "a", data: "x".repeat(size) }).subarray(0, 512 + size);
      expect(await index(entry)).toMatchObject([{ path: "/a", size, offset: 512 }]);
      expect(await index(entry, 100)).toHaveLength(1);
    }
  });

  test("GNU long names, and the comment that git archive writes", async () => {
    const name = `${"d/".repeat(80)}file`;
    const entries = await index(
      makeTar([
        { name: "pax_global_header", type: "g", data: paxRecords({ comment: "0123" }) },
        { name: "././@LongLink", type: "L", data: `${name}\0` },
        { name: name.slice(0, 100), data: "z" },
        { name: "././@LongLink", type: "K", data: `/${name}\0` },
        { name: "l", type: "2", link: "cut" },
      ]),
    );
    expect(entries.map(({ path, link }) => [path, link])).toEqual([
      [`/${name}`, ""],
      ["/l", `/${name}`],
    ]);
  });

  test("a device counts as ignored", async () => {
    const indexer = new TarIndexer(invalid, () => undefined);
    await indexer.write(
      makeTar([
        { name: "fifo", type: "6" },
        { name: "zero", type: "3" },
      ]),
    );
    expect(await indexer.end()).toEqual([]);
    expect(indexer.ignored).toBe(2);
  });
});

const file = makeTar([{ name: "a", data: "x".repeat(600) }]);
const cases: readonly [problem: string, tar: Buffer, message: RegExp][] = [
  ["no tar", Buffer.from("this is text ".repeat(100)), /checksum/],
  ["short text", Buffer.from("short"), /cut short/],
  ["cut in a header", file.subarray(0, 300), /cut short/],
  ["cut in the data", file.subarray(0, 900), /cut short/],
  ["bytes behind the end", Buffer.concat([file, Buffer.from("more")]), /behind the end/],
  ["a second archive", Buffer.concat([file, file]), /behind the end/],
  ["a wrong checksum", makeTar([{ name: "a", checksum: "000001\0 " }]), /checksum/],
  ["a checksum over nothing", makeTar([{ name: "", patch: { 156: "\0" } }]), /empty|ustar/],
  ["no ustar", makeTar([{ name: "a", patch: { 257: "\0\0\0\0\0\0\0\0" } }]), /ustar/],
  ["GNU sparse", makeTar([{ name: "a", type: "S" }]), /sparse/],
  ["PAX sparse", makeTar([{ name: "a", pax: { "GNU.sparse.major": "1" } }]), /sparse/],
  ["volume header", makeTar([{ name: "a", type: "V" }]), /type "V"/],
  [
    "global header",
    makeTar([{ name: "g", type: "g", data: paxRecords({ path: "x" }) }, { name: "a" }]),
    /global/,
  ],
  [
    "data of a link",
    makeTar([{ name: "a", type: "2", link: "b", data: "data" }]),
    /no file has data/,
  ],
  ["data of a directory", makeTar([{ name: "a/", type: "5", data: "data" }]), /no file has data/],
  ["directory as a file with data", makeTar([{ name: "a/", data: "data" }]), /directory with data/],
  ["name not UTF-8", makeTar([{ name: Buffer.from([0x61, 0xff]) }]), /UTF-8/],
  ["no name", makeTar([{ name: "" }]), /empty/],
  ["link without target", makeTar([{ name: "a", type: "1" }]), /target/],
  [
    "PAX not UTF-8",
    makeTar([
      {
        name: "p",
        type: "x",
        data: Buffer.concat([Buffer.from("10 path="), Buffer.from([0xff]), Buffer.from("\n")]),
      },
      { name: "a" },
    ]),
    /UTF-8/,
  ],
  ["PAX with NUL", makeTar([{ name: "a", pax: { path: "b\0c" } }]), /NUL/],
  ["PAX length", makeTar([{ name: "p", type: "x", data: "99 path=b\n" }, { name: "a" }]), /length/],
  [
    "PAX number",
    makeTar([{ name: "p", type: "x", data: "1e1 path=b\n" }, { name: "a" }]),
    /length/,
  ],
  ["PAX size", makeTar([{ name: "a", pax: { size: "-1" } }]), /size/],
  ["PAX charset", makeTar([{ name: "a", pax: { hdrcharset: "BINARY" } }]), /UTF-8/],
  [
    "two PAX headers",
    makeTar([
      { name: "p", type: "x", data: paxRecords({ path: "q" }) },
      { name: "a", pax: { path: "b" } },
    ]),
    /two/,
  ],
  [
    "PAX header alone",
    makeTar([{ name: "p", type: "x", data: paxRecords({ path: "q" }) }]),
    /no entry/,
  ],
  ["empty PAX header", makeTar([{ name: "p", type: "x" }, { name: "a" }]), /0 bytes/],
  ["huge PAX header", makeTar([{ name: "p", type: "x", patch: { 124: "00010000001" } }]), /bytes/],
  ["size no number", makeTar([{ name: "a", patch: { 124: "0x12" } }]), /no number/],
  ["negative size", makeTar([{ name: "a", patch: { 124: Buffer.alloc(12, 0xff) } }]), /no number/],
  [
    "size beyond 2^53",
    makeTar([{ name: "a", patch: { 124: Buffer.from([0x80, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]) } }]),
    /no number/,
  ],
  ["whiteout of nothing", makeTar([{ name: "d/.wh." }]), /hides nothing/],
  ["whiteout of the parent", makeTar([{ name: "d/.wh..." }]), /hides nothing/],
  ["file as root", makeTar([{ name: "./" + "../".repeat(2) + "." }]), /root/],
  ["link as root", makeTar([{ name: "..", type: "2", link: "/x" }]), /root/],
  ["long name", makeTar([{ name: "a", pax: { path: "n".repeat(256) } }]), /255 bytes/],
  [
    "long path",
    makeTar([{ name: "a", pax: { path: `${"n".repeat(200)}/`.repeat(21) } }]),
    /4096 bytes|data/,
  ],
  ["deep path", makeTar([{ name: "a", pax: { path: "d/".repeat(257) + "f" } }]), /deeper/],
];

describe("refused with ERR_LAYER_INVALID", () => {
  test.each(cases)("%s", async (_problem, tar, message) => {
    for (const step of [tar.byteLength, 100]) {
      const error = await index(tar, step).then(
        (entries) => entries,
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({ code: "ERR_LAYER_INVALID" });
      expect(String(error)).toMatch(message);
    }
  });
});

test("more entries than allowed", async () => {
  const indexer = new TarIndexer(invalid, (count) => {
    if (count > 2) throw new RangeError("too many");
  });
  const entry = makeEntry({ name: "a" });
  expect(() => indexer.write(Buffer.concat([entry, entry, entry]))).toThrow("too many");
  indexer.discard();
});
