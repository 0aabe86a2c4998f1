import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LayerEntry } from "../../src/layer/layer-entry.js";
import type { NewEntry } from "../../src/layer/new-entry.js";
import { TarIndexer } from "../../src/layer/tar-indexer.js";
import { writeLayer } from "../../src/layer/write-layer.js";
import { writeTar } from "../../src/layer/write-tar.js";

const run = promisify(execFile);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "safedock-write-tar-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function* chunks(...parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield await Promise.resolve(part);
}

function file(path: string, data = "", mtime = 0n): NewEntry {
  const bytes = Buffer.from(data);
  return {
    type: "file",
    path,
    mode: 0o644,
    mtime,
    size: bytes.length,
    content: () => chunks(bytes),
  };
}

async function index(tar: Uint8Array): Promise<LayerEntry[]> {
  const indexer = new TarIndexer(
    (problem) => new Error(problem),
    () => undefined,
  );
  await indexer.write(tar);
  return indexer.end();
}

const LONG = `/${"d".repeat(120)}/${"é".repeat(100)}/${"f".repeat(255)}`;

describe("a tar that is written", () => {
  it("is read back with all that was put into it", async () => {
    const entries: NewEntry[] = [
      { type: "directory", path: "/", mode: 0o755, mtime: 0n },
      { type: "directory", path: "/d", mode: 0o1777, mtime: 1_700_000_000_123_456_789n },
      file("/d/f", "hello", -1n),
      { type: "hardlink", path: "/d/g", link: "/d/f", mode: 0o644, mtime: -1n },
      {
        type: "symlink",
        path: "/d/l",
        link: "../ü/".repeat(60),
        mtime: 3_000_000_000_000_000_000n,
      },
      { type: "whiteout", path: "/d/gone" },
      { type: "whiteout", path: "/top" },
      { type: "opaque", path: "/d" },
      { type: "opaque", path: "/" },
      file(LONG, "x"),
    ];
    const read = await index(await buffer(writeTar(entries)));
    expect(read.map(({ path, type }) => [path, type])).toEqual(
      entries.map(({ path, type }) => [path, type]),
    );
    expect(read[1]).toMatchObject({ mode: 0o1777, mtime: 1_700_000_000_123_456_789n });
    expect(read[2]).toMatchObject({ mode: 0o644, size: 5, mtime: -1n });
    expect(read[3]).toMatchObject({ link: "/d/f" });
    expect(read[4]).toMatchObject({ link: "../ü/".repeat(60), mtime: 3_000_000_000_000_000_000n });
  });

  it("is read by GNU tar to the same names, times and bytes", async () => {
    const entries = [
      { type: "directory", path: "/d", mode: 0o755, mtime: 0n } as const,
      file("/d/f", "hello", 1_700_000_000_250_000_000n),
      file("/d/ü", "u"),
      file(LONG, "long"),
      { type: "hardlink", path: "/h", link: "/d/f", mode: 0o644, mtime: 0n } as const,
    ];
    const path = join(folder, "gnu.tar");
    await writeFile(path, await buffer(writeTar(entries)));
    const unpacked = await mkdtemp(join(folder, "gnu-"));
    const { stdout, stderr } = await run("tar", ["xvf", path, "-C", unpacked]);
    expect(stderr).toBe("");
    expect(stdout).toContain("d/f\n");
    expect(await readFile(join(unpacked, "d/ü"), "utf8")).toBe("u");
    expect(await readFile(join(unpacked, LONG), "utf8")).toBe("long");
    const [first, second] = [await stat(join(unpacked, "d/f")), await stat(join(unpacked, "h"))];
    expect(first.mtimeMs).toBe(1_700_000_000_250);
    expect(second.ino).toBe(first.ino);
  });

  it("has the same bytes for the same entries, in this version and the next", async () => {
    const entries = [file("/a", "1"), file(LONG, "2", 5n), file("/b", "x".repeat(70_000))];
    const bytes = await buffer(writeTar(entries));
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(
      "d8de2fe1e4a7ea086be43505c579c90db10aee8d7d2e1f059152c8a81f98dab9",
    );
    expect(bytes.length % 512).toBe(0);
  });

  it("keeps any name, size and time (property)", async () => {
    const name = fc
      .string({ unit: "binary", minLength: 1, maxLength: 80 })
      .map((text) => text.replaceAll(/[/\0]/g, "_"))
      .filter((text) => Buffer.byteLength(text) < 256 && !/^\.\.?$|^\.wh\./.test(text));
    const entry = fc.record({
      path: fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => `/${names.join("/")}`),
      data: fc.uint8Array({ maxLength: 1500 }),
      mtime: fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }),
      mode: fc.integer({ min: 0, max: 0o7777 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 6 }), async (files) => {
        const entries = files.map(({ path, data, mtime, mode }): NewEntry => {
          const half = data.length >> 1;
          const content = () => chunks(data.subarray(0, half), data.subarray(half));
          return { type: "file", path, mode, mtime, size: data.length, content };
        });
        const tar = await buffer(writeTar(entries));
        const read = await index(tar);
        expect(read.map(({ path, mtime, mode }) => ({ path, mtime, mode }))).toEqual(
          files.map(({ path, mtime, mode }) => ({ path, mtime, mode })),
        );
        for (const [i, { offset, size }] of read.entries()) {
          expect(tar.subarray(offset, offset + size)).toEqual(Buffer.from(files[i]?.data ?? []));
        }
      }),
      { numRuns: 150 },
    );
  });

  it("is refused if a file has another size than its entry says", async () => {
    const lying = (size: number): NewEntry => ({
      type: "file",
      path: "/f",
      mode: 0o644,
      mtime: 0n,
      size,
      content: () => chunks(Buffer.from("four")),
    });
    await expect(buffer(writeTar([lying(3)]))).rejects.toThrow(/size of \/f changed/);
    await expect(buffer(writeTar([lying(5)]))).rejects.toThrow(/size of \/f changed/);
  });

  it("is made as fast as it is read", async () => {
    let opened = 0;
    const entries = Array.from({ length: 50 }, (_, i): NewEntry => {
      const bytes = Buffer.alloc(100_000);
      const content = () => {
        opened++;
        return chunks(bytes);
      };
      return { type: "file", path: `/${i}`, mode: 0o644, mtime: 0n, size: bytes.length, content };
    });
    const tar = writeTar(entries);
    await tar.next();
    await tar.next();
    expect(opened).toBeLessThan(3);
    await tar.return();
  });
});

describe("a layer that is written to a file", () => {
  it("has the digests of its bytes, plain and compressed", async () => {
    const entries = [file("/a", "1".repeat(10_000))];
    const plain = await writeLayer(join(folder, "plain"), entries);
    const gzip = await writeLayer(join(folder, "gzip"), entries, { compression: "gzip" });
    const bytes = await readFile(plain.path);
    expect(plain.digest).toBe(`sha256:${createHash("sha256").update(bytes).digest("hex")}`);
    expect(plain).toMatchObject({ diffId: plain.digest, size: bytes.length });
    const packed = await readFile(gzip.path);
    expect(gunzipSync(packed)).toEqual(bytes);
    expect(gzip.digest).toBe(`sha256:${createHash("sha256").update(packed).digest("hex")}`);
    expect(gzip).toMatchObject({ diffId: plain.diffId, size: packed.length });
    expect([...packed.subarray(4, 10)]).toEqual([0, 0, 0, 0, 0, 255]);
  });

  it.each(["none", "gzip"] as const)(
    "leaves nothing when it is aborted (%s)",
    async (compression) => {
      const path = join(folder, `aborted-${compression}`);
      const controller = new AbortController();
      const reason = { why: "enough" };
      async function* endless(): AsyncGenerator<NewEntry> {
        for (let i = 0; ; i++) {
          if (i === 100) controller.abort(reason);
          yield await Promise.resolve(file(`/${i}`, "data"));
        }
      }
      const written = writeLayer(path, endless(), { compression, signal: controller.signal });
      await expect(written).rejects.toBe(reason);
      await expect(stat(path)).rejects.toMatchObject({ code: "ENOENT" });
    },
  );
});
