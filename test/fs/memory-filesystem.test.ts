import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import * as E from "../../src/fs/errno.js";
import { MemoryFilesystem } from "../../src/fs/memory/memory-filesystem.js";
import { OPEN_CREATE, OPEN_READ, OPEN_TRUNCATE, OPEN_WRITE } from "../../src/fs/node.js";
import { filesystemConformance, names, openFile, readFile, writeFile } from "./conformance.js";

let time = 1_700_000_000_000_000_000n;
const now = () => (time += 1000n);

function make(maxBytes = 2 ** 24, maxFiles = 1000): MemoryFilesystem {
  return new MemoryFilesystem({ maxBytes, maxFiles, now, dev: 1n });
}

filesystemConformance("memory", () => ({ root: make().root, close: () => undefined }));

const NEW = OPEN_READ | OPEN_WRITE | OPEN_CREATE;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

function heldBytes(): number {
  collect();
  return process.memoryUsage().arrayBuffers;
}

describe("the quota of a memory filesystem", () => {
  test("holds to the byte, and takes what fits", () => {
    const { root } = make(100_000);
    const file = openFile(root, "f", NEW);
    const bytes = Buffer.alloc(150_000, 7);
    expect(file.write(bytes, 0, 90_000, 0)).toBe(90_000);
    expect(file.write(bytes, 0, 60_000, 90_000)).toBe(10_000);
    expect(file.write(bytes, 0, 1, 100_000)).toBe(-E.ENOSPC);
    expect(file.size()).toBe(100_000);
    expect(file.write(bytes, 0, 100_000, 0)).toBe(100_000); // over what is there
    expect(root.symlink("target", "l")).toBe(-E.ENOSPC);
    expect(names(root)).toEqual(["f"]);
  });

  test("comes back after unlink and close, truncation and replacement", () => {
    const filesystem = make(100_000, 5);
    const { root, quota } = filesystem;
    const bytes = Buffer.alloc(100_000, 7);
    for (let round = 0; round < 3; round++) {
      const file = openFile(root, "f", NEW);
      expect(file.write(bytes, 0, bytes.length, 0)).toBe(bytes.length);
      expect(root.unlink("f")).toBe(0);
      expect(quota.bytes).toBe(100_000); // still open
      file.close();
      expect(quota.bytes).toBe(0);
      expect(quota.files).toBe(0);
    }
    writeFile(root, "a", "x".repeat(100_000));
    openFile(root, "a", OPEN_WRITE | OPEN_TRUNCATE).close();
    expect(quota.bytes).toBe(0);
    writeFile(root, "a", "x".repeat(70_000));
    writeFile(root, "b", "y".repeat(100));
    root.rename("b", root, "a");
    expect(quota.bytes).toBe(100);
    root.symlink("four", "l");
    root.unlink("l");
    root.mkdir("d");
    root.rmdir("d");
    expect([quota.bytes, quota.files]).toEqual([100, 1]);
  });

  test("counts files, directories and links", () => {
    const { root } = make(1000, 3);
    writeFile(root, "f", "");
    expect(root.mkdir("d")).toBe(0);
    expect(root.symlink("f", "l")).toBe(0);
    expect(root.open("g", NEW)).toBe(-E.ENOSPC);
    expect(root.mkdir("e")).toBe(-E.ENOSPC);
    expect(root.symlink("f", "m")).toBe(-E.ENOSPC);
    expect(root.link("f", root, "h")).toBe(-E.ENOSPC); // a name takes its place, too
    root.unlink("l");
    expect(root.link("f", root, "h")).toBe(0);
    root.unlink("f");
    expect(root.mkdir("e")).toBe(0);
    root.unlink("h");
    expect(root.mkdir("g")).toBe(0);
  });

  test("files that are cut hold no more than they count for", async () => {
    const { root } = make(2 ** 20, 1000);
    const bytes = Buffer.alloc(65_536);
    const before = heldBytes();
    for (let turn = 0; turn < 1000; turn++) {
      const file = openFile(root, `f${turn}`, NEW);
      expect(file.write(bytes, 0, 65_536, 0)).toBe(65_536);
      expect(file.truncate(1)).toBe(0);
      file.close();
    }
    // V8 gives buffers back beside the collection, not in it.
    await expect.poll(() => heldBytes() - before).toBeLessThan(2 ** 21);
  });

  test("a file of holes holds what was written", () => {
    const filesystem = make(2 ** 20);
    const file = openFile(filesystem.root, "f", NEW);
    expect(file.write(Buffer.from("end"), 0, 3, 2 ** 40)).toBe(3);
    expect(file.size()).toBe(2 ** 40 + 3);
    expect(filesystem.quota.bytes).toBeLessThanOrEqual(4096);
    const bytes = Buffer.alloc(10, 1);
    expect(file.read(bytes, 0, 10, 2 ** 39)).toBe(10);
    expect(bytes.equals(Buffer.alloc(10))).toBe(true);
    expect(file.read(bytes, 0, 10, 2 ** 40 - 2)).toBe(5);
    expect(bytes.toString("latin1", 0, 5)).toBe("\0\0end");
    expect(file.truncate(Number.MAX_SAFE_INTEGER)).toBe(0);
    expect(file.write(bytes, 0, 10, Number.MAX_SAFE_INTEGER)).toBe(-E.EFBIG);
    expect(file.truncate(1)).toBe(0);
    expect(filesystem.quota.bytes).toBe(0);
  });

  test("single bytes far apart cannot hold much more than they count", () => {
    const filesystem = make(2 ** 20, 10);
    const file = openFile(filesystem.root, "f", NEW);
    let pages = 0;
    while (file.write(Buffer.from("x"), 0, 1, (pages + 1) * 65_536) === 1) pages++;
    expect(pages).toBe(2 ** 20 / 4096);
    const bytes = filesystem.quota.bytes;
    expect(file.write(Buffer.from("x"), 0, 1, 2 ** 30)).toBe(-E.ENOSPC);
    expect(filesystem.quota.bytes).toBe(bytes);
  });

  test("random writes and cuts count exactly and read back", () => {
    const filesystem = make(300_000);
    const file = openFile(filesystem.root, "f", NEW);
    const model = Buffer.alloc(400_000);
    let size = 0;
    let seed = 1;
    const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let step = 0; step < 3000; step++) {
      if (random(10) === 0) {
        const cut = random(350_000);
        expect(file.truncate(cut)).toBe(0);
        model.fill(0, cut);
        size = cut;
      } else {
        const at = random(300_000);
        const bytes = Buffer.alloc(random(90_000) + 1, step);
        const written = file.write(bytes, 0, bytes.length, at);
        if (written === -E.ENOSPC) continue;
        expect(written).toBeGreaterThan(0);
        bytes.copy(model, at, 0, written);
        size = Math.max(size, at + written);
      }
      expect(file.size()).toBe(size);
      expect(filesystem.quota.bytes).toBeLessThanOrEqual(300_000);
      if (step % 50 !== 0) continue;
      const all = Buffer.alloc(size);
      expect(file.read(all, 0, size, 0)).toBe(size);
      expect(all.equals(model.subarray(0, size))).toBe(true);
    }
    expect(file.truncate(0)).toBe(0);
    expect(filesystem.quota.bytes).toBe(0);
  });
});

test("a read-only memory filesystem refuses every change", () => {
  const filesystem = make();
  const { root } = filesystem;
  writeFile(root, "f", "text");
  root.mkdir("d");
  const file = openFile(root, "f", OPEN_WRITE);
  filesystem.readOnly = true;
  expect(readFile(root, "f")).toBe("text");
  const answers = [
    root.open("f", OPEN_WRITE),
    root.open("new", NEW),
    root.mkdir("e"),
    root.rmdir("d"),
    root.unlink("f"),
    root.rename("f", root, "g"),
    root.link("f", root, "g"),
    root.symlink("f", "l"),
    root.setTimesAt("f", 1n, 1n),
    root.setTimes(1n, 1n),
    file.write(Buffer.from("x"), 0, 1, 0),
    file.append(Buffer.from("x"), 0, 1),
    file.truncate(0),
    file.setTimes(1n, 1n),
  ];
  expect(answers).toEqual(answers.map(() => -E.EROFS));
  expect(names(root)).toEqual(["d", "f"]);
});
