import { existsSync, readdirSync, readFileSync, truncateSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import * as E from "../../src/fs/errno.js";
import {
  emptyStat,
  FILETYPE_DIRECTORY,
  FILETYPE_REGULAR_FILE,
  FILETYPE_SYMBOLIC_LINK,
  OPEN_CREATE,
  OPEN_EXCLUSIVE,
  OPEN_READ,
  OPEN_TRUNCATE,
  OPEN_WRITE,
  type Directory,
} from "../../src/fs/node.js";
import { forgetSnapshots, openSnapshot } from "../../src/fs/snapshot/open-snapshot.js";
import { names, openDirectory, openFile, readFile } from "./conformance.js";
import { IMAGE_MTIME, makeImage, type ImageFixture } from "./image-fixture.js";

const large = Buffer.alloc(300_000, "0123456789abcdef+");

let image: ImageFixture;
let root: Directory;

beforeEach(() => {
  image = makeImage({
    "/a": "contents of a",
    "/b": { same: "/a" },
    "/d/large": large,
    "/d/empty": "",
    "/d/é": "accent",
    "/l": { link: "d/large" },
    "/last": "the last file of the blob",
  });
  const { tree, blobs } = image.mount();
  root = openSnapshot(tree, blobs, 7n).root;
});
afterEach(() => image.remove());

test("files read as they were packed, in pieces of any size", () => {
  expect(readFile(root, "a")).toBe("contents of a");
  const d = openDirectory(root, "d");
  expect(names(d)).toEqual(["empty", "large", "é"]);
  expect(readFile(d, "empty")).toBe("");
  expect(readFile(d, "é")).toBe("accent");
  const file = openFile(d, "large");
  const bytes = Buffer.alloc(400_000);
  for (const length of [1, 63, 64, 97, 4096, 32_767, 32_768, 65_536, 100_000, 400_000])
    for (const position of [0, 1, 65_535, 65_536, 130_000, 262_143, 299_999, 300_000, 2 ** 40]) {
      const expected = large.subarray(position, position + length);
      bytes.fill(0xff);
      expect(file.read(bytes, 3, Math.min(length, 399_997), position)).toBe(
        Math.min(expected.length, 399_997),
      );
      expect(bytes.subarray(3, 3 + expected.length).equals(expected)).toBe(true);
      expect(bytes[3 + expected.length]).toBe(0xff);
    }
});

test("reads stay right while the cache forgets", () => {
  const many = makeImage(
    Object.fromEntries(Array.from({ length: 120 }, (_, n) => [`/${n}`, Buffer.alloc(100_000, n)])),
  );
  const { tree, blobs } = many.mount();
  const other = openSnapshot(tree, blobs, 1n).root;
  const bytes = Buffer.alloc(10);
  for (let round = 0; round < 3; round++)
    for (let n = 0; n < 120; n++)
      for (const position of [0, 65_530, 99_990]) {
        expect(openFile(other, String(n)).read(bytes, 0, 10, position)).toBe(10);
        expect(bytes.every((byte) => byte === n)).toBe(true);
      }
  many.remove();
});

test("stat tells type, size, times and inode", () => {
  const stat = emptyStat();
  root.statAt("a", stat);
  const inode = stat.ino;
  expect(stat).toMatchObject({ dev: 7n, type: FILETYPE_REGULAR_FILE, size: 13, nlink: 2 });
  expect([stat.atime, stat.mtime, stat.ctime]).toEqual([IMAGE_MTIME, IMAGE_MTIME, IMAGE_MTIME]);
  root.statAt("b", stat);
  expect(stat.ino).toBe(inode);
  openFile(root, "b").stat(stat);
  expect(stat.ino).toBe(inode);
  root.statAt("l", stat);
  expect([stat.type, stat.size]).toEqual([FILETYPE_SYMBOLIC_LINK, 7]);
  root.statAt("d", stat);
  expect([stat.type, stat.nlink]).toEqual([FILETYPE_DIRECTORY, 2]);
  expect(root.statAt("none", stat)).toBe(-E.ENOENT);
  expect(root.readlink("l")).toBe("d/large");
  expect(root.readlink("a")).toBe(-E.EINVAL);
});

test("every change is refused", () => {
  const file = openFile(root, "a");
  const bytes = Buffer.from("x");
  expect([
    root.open("a", OPEN_WRITE),
    root.open("a", OPEN_READ | OPEN_TRUNCATE),
    root.open("new", OPEN_WRITE | OPEN_CREATE),
    root.mkdir("new"),
    root.rmdir("d"),
    root.unlink("a"),
    root.unlink("l"),
    root.rename("a", root, "new"),
    root.link("a", root, "new"),
    root.symlink("a", "new"),
    root.setTimesAt("a", 1n, 1n),
    root.setTimes(1n, 1n),
    file.write(bytes, 0, 1, 0),
    file.append(bytes, 0, 1),
    file.truncate(0),
    file.setTimes(1n, 1n),
  ]).toEqual(Array.from({ length: 16 }, () => -E.EROFS));
  expect(root.open("a", OPEN_READ | OPEN_CREATE)).toBe(file); // it exists: nothing to make
  expect(root.open("a", OPEN_CREATE | OPEN_EXCLUSIVE)).toBe(-E.EEXIST);
  expect(root.open("d", OPEN_WRITE)).toBe(-E.EISDIR);
  expect(root.open("l", OPEN_READ)).toBe(-E.ELOOP);
  expect(root.openDirectory("l")).toBe(-E.ELOOP);
  expect(root.openDirectory("a")).toBe(-E.ENOTDIR);
  expect([root.mkdir("a"), root.rmdir("a"), root.unlink("d")]).toEqual([
    -E.EEXIST,
    -E.ENOTDIR,
    -E.EISDIR,
  ]);
});

test("a blob that is cut short or missing is an I/O error, not wrong bytes", () => {
  const [blob] = image.mount().blobs;
  if (blob === undefined) throw new Error("no blob");
  truncateSync(blob, readFileSync(blob).length - 5);
  const bytes = Buffer.alloc(100);
  expect(openFile(root, "last").read(bytes, 0, 100, 0)).toBe(-E.EIO);
  expect(readFile(root, "a")).toBe("contents of a");
  const gone = makeImage({ "/f": "text" });
  const { tree } = gone.mount();
  const other = openSnapshot(tree, ["/nowhere/blob"], 1n).root;
  expect(openFile(other, "f").read(bytes, 0, 4, 0)).toBe(-E.EIO);
  gone.remove();
});

test("an image is opened once", () => {
  const { tree, blobs } = image.mount();
  expect(openSnapshot(tree, blobs, 7n).root).toBe(root);
  expect(openSnapshot(tree, blobs, 8n).root).not.toBe(root);
  forgetSnapshots();
  expect(openSnapshot(tree, blobs, 7n).root).not.toBe(root);
});

test("descriptors of blobs are bounded, and given back", () => {
  if (!existsSync("/proc/self/fd")) return expect(process.platform).not.toBe("linux");
  const before = readdirSync("/proc/self/fd").length;
  const images = Array.from({ length: 40 }, () => makeImage({ "/f": "text" }));
  for (let round = 0; round < 2; round++)
    for (const each of images) {
      const { tree, blobs } = each.mount();
      expect(readFile(openSnapshot(tree, blobs, 1n).root, "f")).toBe("text");
    }
  expect(readdirSync("/proc/self/fd").length).toBeLessThanOrEqual(before + 32);
  for (const each of images) each.remove();
  expect(readdirSync("/proc/self/fd").length).toBe(before);
});
