import { beforeEach, describe, expect, test } from "vitest";
import * as E from "../../src/fs/errno.js";
import { MemoryFilesystem } from "../../src/fs/memory/memory-filesystem.js";
import {
  emptyStat,
  FILETYPE_DIRECTORY,
  FILETYPE_REGULAR_FILE,
  FILETYPE_SYMBOLIC_LINK,
  OPEN_CREATE,
  OPEN_DIRECTORY,
  OPEN_EXCLUSIVE,
  OPEN_READ,
  OPEN_TRUNCATE,
  OPEN_WRITE,
  type Directory,
} from "../../src/fs/node.js";
import * as paths from "../../src/fs/path-calls.js";
import { ESCAPE, Location, MAX_WALK_DEPTH } from "../../src/fs/resolve.js";
import { names, openDirectory, readAll, readFile, writeFile } from "./conformance.js";

const NEW = OPEN_READ | OPEN_WRITE | OPEN_CREATE;

let top: Directory;
/** The directory "jail" of `top`, which also has a file "secret" beside it. */
let jail: Location;
let root: Location;

beforeEach(() => {
  const filesystem = new MemoryFilesystem({
    maxBytes: 2 ** 20,
    maxFiles: 5000,
    now: () => 1n,
    dev: 1n,
  });
  top = filesystem.root;
  writeFile(top, "secret", "secret");
  top.mkdir("jail");
  const directory = openDirectory(top, "jail");
  jail = new Location(directory, false);
  root = new Location(directory, true);
  writeFile(directory, "file", "file");
  directory.mkdir("dir");
  const dir = openDirectory(directory, "dir");
  dir.mkdir("nested");
  writeFile(openDirectory(dir, "nested"), "file", "nested file");
});

function read(at: Location, path: string, follow = true): string | number {
  const opened = paths.openPath(at, path, follow, OPEN_READ);
  if (typeof opened === "number") return opened;
  return opened instanceof Location ? "directory" : readAll(opened);
}

function typeAt(at: Location, path: string, follow: boolean): number {
  const stat = emptyStat();
  const error = paths.statPath(at, path, follow, stat);
  return error < 0 ? error : stat.type;
}

const link = (target: string, path: string) =>
  expect(paths.symlinkPath(target, root, path)).toBe(0);

function isDirectory(answer: unknown): answer is Directory {
  return typeof answer === "object" && answer !== null && "openDirectory" in answer;
}

describe("walking", () => {
  test("goes down, stays, and comes back", () => {
    const good = [
      "dir/nested/file",
      "dir/.//nested/../../dir/nested/../nested///./file",
      "./dir/nested/file",
      "dir/nested/../nested/file",
    ];
    for (const path of good) expect([path, read(jail, path)]).toEqual([path, "nested file"]);
    for (const path of [".", "./", "dir/..", "dir/", "dir/nested///", "dir/nested/.", "./."])
      expect([path, read(jail, path)]).toEqual([path, "directory"]);
  });

  test("never leaves where it began", () => {
    const bad = ["..", "../", "../secret", "dir/../../secret", "dir/nested/../../../secret"];
    for (const path of [...bad, "/", "/file", "/dir/nested/file", "//file"])
      for (const at of [jail, root]) expect([path, read(at, path)]).toEqual([path, ESCAPE]);
  });

  test("does not climb through links", () => {
    link(".", "x");
    link("x/..", "up");
    link("../secret", "out");
    link("dir/nested", "deep");
    link("deep/../../..", "far");
    for (const path of ["up/secret", "out", "up/up/secret", "far/secret", "x/../../secret"])
      expect([path, read(root, path)]).toEqual([path, ESCAPE]);
    for (const path of ["up", "far"])
      expect([path, paths.mkdirPath(root, `${path}/made`)]).toEqual([path, ESCAPE]);
    // ".." after a link is the parent of what it leads to.
    expect(read(root, "deep/../nested/file")).toBe("nested file");
    expect(read(root, "deep/../../file")).toBe("file");
    expect(names(top)).toEqual(["jail", "secret"]);
  });

  test("absolute links lead from the container's root, and only from there", () => {
    link("/dir/nested", "abs");
    link("/", "slash");
    link("/../../file", "dots");
    expect(read(root, "abs/file")).toBe("nested file");
    expect(read(root, "dir/../abs/file")).toBe("nested file");
    expect(read(root, "slash/file")).toBe("file");
    expect(read(root, "slash/../secret")).toBe(ESCAPE);
    expect(read(root, "dots")).toBe(ESCAPE);
    for (const path of ["abs", "abs/file", "slash/file"]) expect(read(jail, path)).toBe(ESCAPE);
    expect(typeAt(jail, "abs", false)).toBe(FILETYPE_SYMBOLIC_LINK);
    expect(paths.readlinkPath(jail, "abs")).toBe("/dir/nested");
  });

  test("a directory that a guest opened is where its walks begin", () => {
    const opened = paths.openPath(root, "dir", true, OPEN_READ | OPEN_DIRECTORY);
    if (!(opened instanceof Location)) throw new Error("no directory");
    expect(read(opened, "nested/file")).toBe("nested file");
    expect(read(opened, "../file")).toBe(ESCAPE);
    link("/file", "dir/abs");
    expect(read(opened, "abs")).toBe(ESCAPE);
    expect(read(root, "dir/abs")).toBe("file");
    opened.close();
  });

  test("follows 40 links and no more", () => {
    link("file", "l0");
    for (let n = 1; n <= 40; n++) link(`l${n - 1}`, `l${n}`);
    expect(read(root, "l39")).toBe("file");
    expect(read(root, "l40")).toBe(-E.ELOOP);
    link("loop", "loop");
    link("b", "a");
    link("a", "b");
    link("grow/x", "grow");
    for (const path of ["loop", "a", "loop/x", "a/..", "grow", "loop/"])
      expect([path, read(root, path)]).toEqual([path, -E.ELOOP]);
    expect(paths.renamePath(root, "loop/x", root, "y")).toBe(-E.ELOOP);
    expect(typeAt(root, "loop", false)).toBe(FILETYPE_SYMBOLIC_LINK);
  });

  test("refuses what is no path", () => {
    expect(read(root, "")).toBe(-E.ENOENT);
    expect(read(root, "file\0")).toBe(-E.EINVAL);
    expect(read(root, "dir/\0")).toBe(-E.EINVAL);
    expect(read(root, "file/")).toBe(-E.ENOTDIR);
    expect(read(root, "file/.")).toBe(-E.ENOTDIR);
    expect(read(root, "file/..")).toBe(-E.ENOTDIR);
    expect(read(root, "file/x")).toBe(-E.ENOTDIR);
    expect(read(root, "none/..")).toBe(-E.ENOENT);
    expect(read(root, "none/x")).toBe(-E.ENOENT);
    link("none", "dangling");
    expect(read(root, "dangling")).toBe(-E.ENOENT);
    expect(read(root, "dangling/")).toBe(-E.ENOENT);
    expect(read(root, "\ud800")).toBe(-E.ENOENT);
  });

  test("bounds names and paths in bytes", () => {
    const name = "é".repeat(127);
    expect(paths.mkdirPath(root, `${name}x`)).toBe(0);
    expect(paths.mkdirPath(root, `${name}é`)).toBe(-E.ENAMETOOLONG);
    expect(read(root, `${"n".repeat(256)}/x`)).toBe(-E.ENAMETOOLONG);
    expect(read(root, `${"./".repeat(2043)}dir/nested`)).toBe(-E.ENAMETOOLONG);
    expect(read(root, `${"./".repeat(2042)}dir/nested`)).toBe("directory");
    link("n".repeat(300), "long");
    expect(read(root, "long")).toBe(-E.ENAMETOOLONG);
  });

  test("bounds the directories held open", () => {
    let directory = root.directory;
    for (let depth = 0; depth <= MAX_WALK_DEPTH; depth++) {
      directory.mkdir("d");
      directory = openDirectory(directory, "d");
    }
    expect(read(root, `${"d/".repeat(MAX_WALK_DEPTH)}.`)).toBe("directory");
    expect(read(root, `${"d/".repeat(MAX_WALK_DEPTH)}d/.`)).toBe(-E.ENAMETOOLONG);
  });

  test("closes every directory that it opened, and only those", () => {
    let open = 0;
    const originals = new Map<unknown, Directory>();
    const counting = (directory: Directory): Directory => {
      const proxy = new Proxy(directory, {
        get(target, property) {
          const value: unknown = Reflect.get(target, property, target);
          if (property === "close")
            return () => {
              open--;
            };
          if (typeof value !== "function") return value;
          return (...given: unknown[]) => {
            const args = given.map((each) => originals.get(each) ?? each);
            const answer: unknown = Reflect.apply(value, target, args);
            if (property !== "openDirectory" && property !== "duplicate") return answer;
            if (!isDirectory(answer)) return answer;
            open++;
            return counting(answer);
          };
        },
      });
      originals.set(proxy, directory);
      return proxy;
    };
    const at = new Location(counting(root.directory), true);
    link("/dir/nested", "abs");
    link("loop", "loop");
    for (const path of [
      "dir/nested/file",
      "dir/../dir/nested/../x",
      "abs/none/x",
      "loop/x",
      "dir/../..",
    ]) {
      typeAt(at, path, true);
      read(at, path);
      paths.mkdirPath(at, `${path}/x`);
      paths.renamePath(at, path, at, "dir/nested/../../../x");
      paths.linkPath(at, path, true, at, "dir/nested/file");
    }
    expect(open).toBe(0);
    const kept = paths.openPath(at, "dir/nested/.", true, OPEN_READ);
    expect(open).toBe(1);
    if (kept instanceof Location) kept.close();
    expect(open).toBe(0);
  });
});

describe("the last link of a path", () => {
  beforeEach(() => {
    link("file", "l");
    link("dir", "ld");
    link("new", "dangling");
  });

  test("open follows it when asked to", () => {
    expect(read(root, "l")).toBe("file");
    expect(read(root, "l", false)).toBe(-E.ELOOP);
    expect(read(root, "ld")).toBe("directory");
    expect(read(root, "ld", false)).toBe(-E.ELOOP);
    expect(read(root, "ld/", false)).toBe("directory");
    expect(paths.openPath(root, "l", true, OPEN_READ | OPEN_DIRECTORY)).toBe(-E.ENOTDIR);
    expect(paths.openPath(root, "l", true, NEW | OPEN_EXCLUSIVE)).toBe(-E.EEXIST);
    const made = paths.openPath(root, "dangling", true, NEW);
    expect(typeof made).toBe("object");
    expect(names(root.directory)).toContain("new");
  });

  test("stat follows it when asked to, and always before a slash", () => {
    expect(typeAt(root, "l", true)).toBe(FILETYPE_REGULAR_FILE);
    expect(typeAt(root, "l", false)).toBe(FILETYPE_SYMBOLIC_LINK);
    expect(typeAt(root, "ld/", false)).toBe(FILETYPE_DIRECTORY);
    expect(typeAt(root, "l/", false)).toBe(-E.ENOTDIR);
    expect(typeAt(root, "file/", true)).toBe(-E.ENOTDIR);
    expect(typeAt(root, "dangling", true)).toBe(-E.ENOENT);
  });

  test("times are set on the file or on the link", () => {
    const stat = emptyStat();
    expect(paths.setTimesPath(root, "l", true, 5n, 6n)).toBe(0);
    expect(paths.setTimesPath(root, "l", false, 7n, 8n)).toBe(0);
    expect(paths.setTimesPath(root, ".", true, 9n, 10n)).toBe(0);
    paths.statPath(root, "file", false, stat);
    expect([stat.atime, stat.mtime]).toEqual([5n, 6n]);
    paths.statPath(root, "l", false, stat);
    expect([stat.atime, stat.mtime]).toEqual([7n, 8n]);
    paths.statPath(root, "dir/..", false, stat);
    expect([stat.atime, stat.mtime]).toEqual([9n, 10n]);
    expect(paths.setTimesPath(root, "dangling", true, 1n, 1n)).toBe(-E.ENOENT);
  });

  test("names are made, moved and removed without following it", () => {
    expect(paths.mkdirPath(root, "dangling")).toBe(-E.EEXIST);
    expect(paths.rmdirPath(root, "ld")).toBe(-E.ENOTDIR);
    expect(paths.rmdirPath(root, "ld/")).toBe(-E.ENOTDIR);
    expect(paths.unlinkPath(root, "ld/")).toBe(-E.ENOTDIR);
    expect(paths.unlinkPath(root, "ld")).toBe(0);
    expect(paths.renamePath(root, "l", root, "moved")).toBe(0);
    expect(paths.readlinkPath(root, "moved")).toBe("file");
    expect(readFile(root.directory, "file")).toBe("file");
  });

  test("link follows it when asked to", () => {
    expect(paths.linkPath(root, "l", true, root, "hard")).toBe(0);
    expect(typeAt(root, "hard", false)).toBe(FILETYPE_REGULAR_FILE);
    expect(paths.linkPath(root, "l", false, root, "soft")).toBe(0);
    expect(typeAt(root, "soft", false)).toBe(FILETYPE_SYMBOLIC_LINK);
    expect(paths.linkPath(root, "ld", true, root, "x")).toBe(-E.EPERM);
    expect(paths.linkPath(root, "file", false, root, "l")).toBe(-E.EEXIST);
  });
});

describe("a slash at the end", () => {
  test("asks for a directory", () => {
    expect(paths.mkdirPath(root, "made///")).toBe(0);
    expect(paths.rmdirPath(root, "made/")).toBe(0);
    expect(paths.rmdirPath(root, "file/")).toBe(-E.ENOTDIR);
    expect(paths.unlinkPath(root, "file/")).toBe(-E.ENOTDIR);
    expect(paths.unlinkPath(root, "dir/")).toBe(-E.EISDIR);
    expect(paths.unlinkPath(root, "dir")).toBe(-E.EISDIR);
    expect(paths.openPath(root, "new/", true, NEW)).toBe(-E.EISDIR);
    expect(paths.readlinkPath(root, "dir/")).toBe(-E.EINVAL);
    expect(paths.readlinkPath(root, "file/")).toBe(-E.ENOTDIR);
    expect(paths.linkPath(root, "file", true, root, "x/")).toBe(-E.ENOENT);
    expect(paths.linkPath(root, "file/", true, root, "x")).toBe(-E.ENOTDIR);
  });

  test("a link that would be made there is refused", () => {
    expect(paths.symlinkPath("x", root, "none/")).toBe(-E.ENOENT);
    expect(paths.symlinkPath("x", root, "dir/")).toBe(-E.EEXIST);
    expect(paths.symlinkPath("x", root, "file/")).toBe(-E.ENOTDIR);
    expect(paths.symlinkPath("x", root, "file")).toBe(-E.EEXIST);
  });

  test("files are not renamed with it, directories are", () => {
    for (const [from, to] of [
      ["file/", "x"],
      ["file", "x/"],
      ["file/", "x/"],
    ] as const)
      expect(paths.renamePath(root, from, root, to)).toBe(-E.ENOTDIR);
    expect(paths.renamePath(root, "dir/", root, "x")).toBe(0);
    expect(paths.renamePath(root, "x", root, "dir/")).toBe(0);
    expect(paths.renamePath(root, "dir/", root, "dir/")).toBe(0);
    expect(paths.renamePath(root, "none/", root, "x")).toBe(-E.ENOENT);
    expect(read(root, "dir/nested/file")).toBe("nested file");
  });
});

test("paths that name the directory itself cannot be made, moved or removed", () => {
  for (const path of [".", "dir/.", "dir/.."]) {
    expect(paths.mkdirPath(root, path)).toBe(-E.EEXIST);
    expect(paths.unlinkPath(root, path)).toBe(-E.EISDIR);
    expect(paths.renamePath(root, path, root, "x")).toBe(-E.EBUSY);
    expect(paths.renamePath(root, "dir", root, path)).toBe(-E.EBUSY);
    expect(paths.symlinkPath("x", root, path)).toBe(-E.EEXIST);
    expect(paths.linkPath(root, path, false, root, "x")).toBe(-E.EPERM);
    expect(paths.linkPath(root, "file", false, root, path)).toBe(-E.EEXIST);
    expect(paths.readlinkPath(root, path)).toBe(-E.EINVAL);
    expect(paths.openPath(root, path, true, NEW)).toBe(-E.EISDIR);
    expect(paths.openPath(root, path, true, NEW | OPEN_EXCLUSIVE)).toBe(-E.EEXIST);
    expect(paths.openPath(root, path, true, OPEN_WRITE | OPEN_TRUNCATE)).toBe(-E.EISDIR);
  }
  expect(paths.rmdirPath(root, ".")).toBe(-E.EINVAL);
  expect(paths.rmdirPath(root, "dir/.")).toBe(-E.EINVAL);
  expect(paths.rmdirPath(root, "dir/nested/..")).toBe(-E.ENOTEMPTY);
  expect(names(root.directory)).toEqual(["dir", "file"]);
});
