/**
 * What every writable filesystem of the kernel must do, whatever it is made of: run over memory, host
 * directories and overlays. Names and errors are Linux's where POSIX leaves a choice.
 */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import * as E from "../../src/fs/errno.js";
import {
  emptyStat,
  FILETYPE_DIRECTORY,
  FILETYPE_REGULAR_FILE,
  FILETYPE_SYMBOLIC_LINK,
  OPEN_APPEND,
  OPEN_CREATE,
  OPEN_DIRECTORY,
  OPEN_EXCLUSIVE,
  OPEN_READ,
  OPEN_TRUNCATE,
  OPEN_WRITE,
  type Directory,
  type File,
  type OpenFlags,
  type Stat,
} from "../../src/fs/node.js";

export interface ConformanceRoot {
  /** An empty directory, writable. */
  readonly root: Directory;
  close(): void;
}

const NEW = OPEN_READ | OPEN_WRITE | OPEN_CREATE;

export function openFile(directory: Directory, name: string, flags: OpenFlags = OPEN_READ): File {
  const file = directory.open(name, flags);
  if (typeof file === "number" || file.type !== FILETYPE_REGULAR_FILE)
    throw new Error(`cannot open ${name} as a file`);
  return file;
}

export function openDirectory(directory: Directory, name: string): Directory {
  const child = directory.openDirectory(name);
  if (typeof child === "number") throw new Error(`cannot open ${name}: ${child}`);
  return child;
}

export function writeFile(directory: Directory, name: string, text: string): void {
  const file = openFile(directory, name, OPEN_WRITE | OPEN_CREATE | OPEN_TRUNCATE);
  const bytes = Buffer.from(text);
  if (bytes.length > 0) expect(file.write(bytes, 0, bytes.length, 0)).toBe(bytes.length);
  expect(file.close()).toBe(0);
}

export function readFile(directory: Directory, name: string): string {
  const file = openFile(directory, name);
  const text = readAll(file);
  expect(file.close()).toBe(0);
  return text;
}

export function readAll(file: File): string {
  const bytes = Buffer.alloc(file.size());
  expect(file.read(bytes, 0, bytes.length, 0)).toBe(bytes.length);
  return bytes.toString();
}

export function names(directory: Directory): string[] {
  const entries = directory.list();
  if (typeof entries === "number") throw new Error(`cannot list: ${entries}`);
  return entries.map((entry) => entry.name).toSorted();
}

function statOf(directory: Directory, name: string): Stat {
  const stat = emptyStat();
  expect(directory.statAt(name, stat)).toBe(0);
  return stat;
}

export function filesystemConformance(name: string, makeRoot: () => ConformanceRoot): void {
  describe(`${name} as a filesystem`, () => {
    let made: ConformanceRoot;
    let root: Directory;
    const held: { close(): unknown }[] = [];

    function dir(at: Directory, child: string): Directory {
      const directory = openDirectory(at, child);
      held.push(directory);
      return directory;
    }

    function file(at: Directory, child: string, flags: OpenFlags = OPEN_READ): File {
      const opened = openFile(at, child, flags);
      held.push(opened);
      return opened;
    }

    beforeEach(() => {
      made = makeRoot();
      root = made.root;
    });
    afterEach(() => {
      for (const handle of held.splice(0)) handle.close();
      made.close();
    });

    test("a file is made, written, read and listed", () => {
      expect(root.open("f", OPEN_READ)).toBe(-E.ENOENT);
      writeFile(root, "f", "hello");
      expect(readFile(root, "f")).toBe("hello");
      expect(names(root)).toEqual(["f"]);
      const stat = statOf(root, "f");
      expect([stat.type, stat.size, stat.nlink]).toEqual([FILETYPE_REGULAR_FILE, 5, 1]);
      const entries = root.list();
      expect(entries).toEqual([{ name: "f", ino: stat.ino, type: FILETYPE_REGULAR_FILE }]);
    });

    test("reads end at the end of the file, wherever they begin", () => {
      writeFile(root, "f", "0123456789");
      const opened = file(root, "f");
      const bytes = Buffer.alloc(20, 0x2e);
      expect(opened.read(bytes, 2, 4, 3)).toBe(4);
      expect(bytes.toString("latin1", 0, 8)).toBe("..3456..");
      expect(opened.read(bytes, 0, 20, 8)).toBe(2);
      expect(opened.read(bytes, 0, 20, 10)).toBe(0);
      expect(opened.read(bytes, 0, 20, 2 ** 40)).toBe(0);
      expect(opened.read(bytes, 0, 0, 0)).toBe(0);
    });

    test("a write past the end leaves a hole of zeros", () => {
      const opened = file(root, "f", NEW);
      expect(opened.write(Buffer.from("ab"), 0, 2, 0)).toBe(2);
      expect(opened.write(Buffer.from("yz"), 0, 2, 200_000)).toBe(2);
      expect(opened.size()).toBe(200_002);
      const bytes = Buffer.alloc(200_002, 1);
      expect(opened.read(bytes, 0, bytes.length, 0)).toBe(bytes.length);
      expect(bytes.indexOf(0)).toBe(2);
      expect(bytes.subarray(2, 200_000).every((byte) => byte === 0)).toBe(true);
      expect(bytes.toString("latin1", 200_000)).toBe("yz");
    });

    test("truncation cuts, and grows with zeros, also over what was cut", () => {
      writeFile(root, "f", "x".repeat(100_000));
      const opened = file(root, "f", OPEN_READ | OPEN_WRITE);
      expect(opened.truncate(3)).toBe(0);
      expect(opened.truncate(100_000)).toBe(0);
      const bytes = Buffer.alloc(100_000, 1);
      expect(opened.read(bytes, 0, bytes.length, 0)).toBe(bytes.length);
      expect(bytes.toString("latin1", 0, 4)).toBe("xxx\0");
      expect(bytes.subarray(3).every((byte) => byte === 0)).toBe(true);
    });

    test("append writes at the end, whoever else wrote", () => {
      writeFile(root, "f", "a");
      const first = file(root, "f", OPEN_WRITE | OPEN_APPEND);
      const second = file(root, "f", OPEN_WRITE | OPEN_APPEND);
      expect(first.append(Buffer.from("b"), 0, 1)).toBe(1);
      expect(second.append(Buffer.from("xc"), 1, 1)).toBe(1);
      expect(first.append(Buffer.from("d"), 0, 1)).toBe(1);
      expect(readFile(root, "f")).toBe("abcd");
    });

    test("open flags: create, exclusive, truncate, directory", () => {
      writeFile(root, "f", "text");
      expect(root.mkdir("d")).toBe(0);
      expect(root.symlink("nowhere", "l")).toBe(0);
      expect(root.open("f", NEW | OPEN_EXCLUSIVE)).toBe(-E.EEXIST);
      expect(root.open("d", NEW | OPEN_EXCLUSIVE)).toBe(-E.EEXIST);
      expect(root.open("l", NEW | OPEN_EXCLUSIVE)).toBe(-E.EEXIST);
      expect(root.open("l", OPEN_READ)).toBe(-E.ELOOP);
      expect(root.open("l", NEW)).toBe(-E.ELOOP);
      expect(root.open("d", OPEN_READ | OPEN_WRITE)).toBe(-E.EISDIR);
      expect(root.open("f", OPEN_READ | OPEN_DIRECTORY)).toBe(-E.ENOTDIR);
      expect(root.open("none", OPEN_READ | OPEN_DIRECTORY)).toBe(-E.ENOENT);
      const directory = root.open("d", OPEN_READ);
      expect(typeof directory !== "number" && directory.type).toBe(FILETYPE_DIRECTORY);
      if (typeof directory !== "number") held.push(directory);
      file(root, "f", OPEN_WRITE | OPEN_TRUNCATE);
      expect(readFile(root, "f")).toBe("");
      file(root, "new", NEW | OPEN_EXCLUSIVE);
      expect(names(root)).toEqual(["d", "f", "l", "new"]);
    });

    test("directories are made and removed", () => {
      expect(root.mkdir("d")).toBe(0);
      expect(root.mkdir("d")).toBe(-E.EEXIST);
      const inner = dir(root, "d");
      expect(inner.mkdir("e")).toBe(0);
      writeFile(inner, "f", "");
      expect(root.rmdir("d")).toBe(-E.ENOTEMPTY);
      expect(inner.rmdir("f")).toBe(-E.ENOTDIR);
      expect(inner.unlink("e")).toBe(-E.EISDIR);
      expect(inner.rmdir("e")).toBe(0);
      expect(inner.unlink("f")).toBe(0);
      expect(root.rmdir("d")).toBe(0);
      expect(root.rmdir("d")).toBe(-E.ENOENT);
      expect(root.unlink("d")).toBe(-E.ENOENT);
      expect(names(root)).toEqual([]);
    });

    test("a removed directory takes nothing new", () => {
      root.mkdir("d");
      const gone = dir(root, "d");
      expect(root.rmdir("d")).toBe(0);
      expect(gone.open("f", NEW)).toBe(-E.ENOENT);
      expect(gone.mkdir("e")).toBe(-E.ENOENT);
      writeFile(root, "f", "");
      expect(root.rename("f", gone, "f")).toBe(-E.ENOENT);
      expect(names(root)).toEqual(["f"]);
    });

    test("openDirectory opens directories alone", () => {
      writeFile(root, "f", "");
      root.symlink("d", "l");
      root.mkdir("d");
      expect(root.openDirectory("f")).toBe(-E.ENOTDIR);
      expect(root.openDirectory("l")).toBe(-E.ELOOP);
      expect(root.openDirectory("none")).toBe(-E.ENOENT);
      expect(names(dir(root, "d"))).toEqual([]);
    });

    test("an unlinked file lives until it is closed", () => {
      writeFile(root, "f", "still here");
      const opened = file(root, "f", OPEN_READ | OPEN_WRITE);
      expect(root.unlink("f")).toBe(0);
      expect(root.open("f", OPEN_READ)).toBe(-E.ENOENT);
      expect(readAll(opened)).toBe("still here");
      expect(opened.write(Buffer.from("S"), 0, 1, 0)).toBe(1);
      expect(readAll(opened)).toBe("Still here");
      const stat = emptyStat();
      expect(opened.stat(stat)).toBe(0);
      expect(stat.nlink).toBe(0);
      writeFile(root, "f", "another");
      expect(readAll(opened)).toBe("Still here");
    });

    test("hard links are one file", () => {
      writeFile(root, "a", "one");
      root.mkdir("d");
      const inner = dir(root, "d");
      expect(root.link("a", inner, "b")).toBe(0);
      expect(statOf(root, "a").ino).toBe(statOf(inner, "b").ino);
      expect(statOf(inner, "b").nlink).toBe(2);
      const opened = file(inner, "b", OPEN_READ | OPEN_WRITE);
      opened.write(Buffer.from("O"), 0, 1, 0);
      expect(readFile(root, "a")).toBe("One");
      expect(root.link("a", inner, "b")).toBe(-E.EEXIST);
      expect(root.link("none", inner, "c")).toBe(-E.ENOENT);
      expect(root.link("d", root, "e")).toBe(-E.EPERM);
      expect(root.rename("a", inner, "b")).toBe(0); // the same file: nothing happens
      expect(names(root)).toEqual(["a", "d"]);
      expect(root.unlink("a")).toBe(0);
      expect(statOf(inner, "b").nlink).toBe(1);
      expect(readFile(inner, "b")).toBe("One");
    });

    test("symbolic links are kept as they are", () => {
      expect(root.symlink("some/../where", "l")).toBe(0);
      expect(root.readlink("l")).toBe("some/../where");
      expect(root.symlink("other", "l")).toBe(-E.EEXIST);
      const stat = statOf(root, "l");
      expect([stat.type, stat.size]).toEqual([FILETYPE_SYMBOLIC_LINK, 13]);
      writeFile(root, "f", "");
      expect(root.readlink("f")).toBe(-E.EINVAL);
      expect(root.readlink("none")).toBe(-E.ENOENT);
      expect(root.link("l", root, "m")).toBe(0);
      expect(root.readlink("m")).toBe("some/../where");
      expect(root.unlink("l")).toBe(0);
      expect(names(root)).toEqual(["f", "m"]);
    });

    test("rename moves and replaces as POSIX says", () => {
      root.mkdir("d");
      root.mkdir("e");
      const d = dir(root, "d");
      const e = dir(root, "e");
      writeFile(root, "f", "f");
      writeFile(d, "g", "g");

      expect(root.rename("none", root, "x")).toBe(-E.ENOENT);
      expect(root.rename("f", root, "f")).toBe(0);
      expect(root.rename("f", root, "d")).toBe(-E.EISDIR);
      expect(root.rename("d", root, "f")).toBe(-E.ENOTDIR);
      expect(root.rename("e", root, "d")).toBe(-E.ENOTEMPTY);
      expect(root.rename("d", d, "x")).toBe(-E.EINVAL);
      expect(readFile(root, "f")).toBe("f");

      expect(root.rename("f", d, "g")).toBe(0);
      expect(readFile(d, "g")).toBe("f");
      expect(names(root)).toEqual(["d", "e"]);
      expect(root.rename("d", root, "e")).toBe(0); // an empty directory is replaced
      expect(names(root)).toEqual(["e"]);
      expect(names(dir(root, "e"))).toEqual(["g"]);
      expect(readFile(d, "g")).toBe("f"); // the handle moved along
      expect(names(e)).toEqual([]);
      expect(d.mkdir("deep")).toBe(0);
      expect(root.rename("e", dir(d, "deep"), "x")).toBe(-E.EINVAL);
      expect(d.rename("deep", root, "top")).toBe(0);
      expect(names(root)).toEqual(["e", "top"]);
    });

    test("rename onto an open file leaves its readers the old one", () => {
      writeFile(root, "old", "old");
      writeFile(root, "new", "new");
      const opened = file(root, "old");
      expect(root.rename("new", root, "old")).toBe(0);
      expect(readAll(opened)).toBe("old");
      expect(readFile(root, "old")).toBe("new");
    });

    test("directories count their subdirectories", () => {
      const stat = emptyStat();
      root.mkdir("d");
      root.mkdir("e");
      const d = dir(root, "d");
      d.mkdir("x");
      writeFile(d, "f", "");
      d.stat(stat);
      expect([1, 3]).toContain(stat.nlink); // some filesystems do not count: 1
      expect(stat.type).toBe(FILETYPE_DIRECTORY);
      expect(statOf(root, "d").ino).toBe(stat.ino);
      expect(statOf(root, "e").ino).not.toBe(stat.ino);
    });

    test("times are kept to the nanosecond", () => {
      writeFile(root, "f", "");
      root.mkdir("d");
      root.symlink("f", "l");
      const [atime, mtime] = [1_234_567_890_123_456_789n, 987_654_321_000_000_001n];
      for (const name of ["f", "d", "l"]) {
        expect(root.setTimesAt(name, atime, mtime)).toBe(0);
        expect(root.setTimesAt(name, undefined, undefined)).toBe(0);
        const stat = statOf(root, name);
        expect([name, stat.atime, stat.mtime]).toEqual([name, atime, mtime]);
      }
      const opened = file(root, "f", OPEN_READ | OPEN_WRITE);
      const directory = dir(root, "d");
      const stat = emptyStat();
      for (const handle of [opened, directory]) {
        expect(handle.setTimes(undefined, 5n)).toBe(0);
        expect(handle.stat(stat)).toBe(0);
        expect([stat.atime, stat.mtime]).toEqual([atime, 5n]);
      }
      expect(root.setTimesAt("none", 1n, 1n)).toBe(-E.ENOENT);
    });

    test("writing moves mtime, and so does a change of names", () => {
      writeFile(root, "f", "");
      root.mkdir("d");
      const d = dir(root, "d");
      root.setTimesAt("f", 1n, 1n);
      root.setTimesAt("d", 1n, 1n);
      const opened = file(root, "f", OPEN_WRITE);
      expect(opened.write(Buffer.from("x"), 0, 1, 0)).toBe(1);
      expect(statOf(root, "f").mtime).toBeGreaterThan(1n);
      writeFile(d, "g", "");
      expect(statOf(root, "d").mtime).toBeGreaterThan(1n);
      root.setTimesAt("d", 1n, 1n);
      d.unlink("g");
      expect(statOf(root, "d").mtime).toBeGreaterThan(1n);
    });

    test("odd names are only names", () => {
      const odd = [
        "__proto__",
        "constructor",
        "a b",
        "é",
        "\u{1F600}",
        "...",
        ".hidden",
        "-",
        "n".repeat(255),
      ];
      for (const name of odd) writeFile(root, name, name);
      expect(names(root)).toEqual(odd.toSorted());
      for (const name of odd) expect(readFile(root, name)).toBe(name);
      for (const name of odd) expect(root.unlink(name)).toBe(0);
      expect(root.open("toString", OPEN_READ)).toBe(-E.ENOENT);
    });

    test("duplicates are closed on their own", () => {
      root.mkdir("d");
      const d = openDirectory(root, "d");
      const copy = d.duplicate();
      if (typeof copy === "number") throw new Error(`cannot duplicate: ${copy}`);
      d.close();
      writeFile(copy, "f", "");
      expect(names(copy)).toEqual(["f"]);
      expect(copy.sync()).toBe(0);
      copy.close();
    });

    test("sync succeeds", () => {
      const opened = file(root, "f", NEW);
      expect(opened.sync(true)).toBe(0);
      expect(opened.sync(false)).toBe(0);
    });

    test("what belongs to another filesystem stays there", () => {
      const other = makeRoot();
      writeFile(root, "f", "");
      expect(root.rename("f", other.root, "f")).toBe(-E.EXDEV);
      expect(root.link("f", other.root, "f")).toBe(-E.EXDEV);
      expect(names(root)).toEqual(["f"]);
      other.close();
    });
  });
}
