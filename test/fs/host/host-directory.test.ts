import * as fs from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  EBADF,
  EEXIST,
  EINVAL,
  EISDIR,
  ELOOP,
  ENAMETOOLONG,
  ENOENT,
  ENOTDIR,
  ENOTEMPTY,
  EPERM,
  EROFS,
  EXDEV,
} from "../../../src/fs/errno.js";
import { openHostDirectory } from "../../../src/fs/host/open-host-directory.js";
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
} from "../../../src/fs/node.js";
import type { Directory } from "../../../src/fs/node.js";
import { directory, file, HostFixture, openDescriptors, REACHES, text } from "./host-fixture.js";

describe.each(REACHES)("host directory by %s", (reach) => {
  let host: HostFixture;
  let root: Directory;
  beforeEach(() => {
    host = new HostFixture();
    fs.mkdirSync(host.path("sub"));
    fs.writeFileSync(host.path("file"), "content");
    fs.symlinkSync("file", host.path("link"));
    root = host.open({ access: "read-write", reach });
  });
  afterEach(() => host.remove());

  const open = (name: string, flags: number) => {
    const answer = root.open(name, flags);
    if (typeof answer !== "number") answer.close();
    return typeof answer === "number" ? answer : answer.type;
  };
  const ino = (name: string) => fs.lstatSync(host.path(name), { bigint: true }).ino;

  test("opening the root says what is wrong with it", () => {
    const access = "read-only";
    expect(openHostDirectory(host.path("none"), { access, reach })).toBe(-ENOENT);
    expect(openHostDirectory(host.path("file"), { access, reach })).toBe(-ENOTDIR);
    expect(openHostDirectory("relative", { access, reach })).toBe(-EINVAL);
  });

  test("the host's own link in the path of the root is followed", () => {
    const link = join(host.base, "to-mount");
    fs.symlinkSync(host.mount, link);
    const opened = directory(openHostDirectory(link, { access: "read-only", reach }));
    expect(text(file(opened.open("file", OPEN_READ)))).toBe("content");
    opened.close();
  });

  test("statAt is an lstat", () => {
    const stat = emptyStat();
    expect(root.statAt("file", stat)).toBe(0);
    const expected = fs.lstatSync(host.path("file"), { bigint: true });
    expect(stat).toEqual({
      dev: expected.dev,
      ino: expected.ino,
      type: FILETYPE_REGULAR_FILE,
      nlink: 1,
      size: 7,
      atime: expected.atimeNs,
      mtime: expected.mtimeNs,
      ctime: expected.ctimeNs,
    });
    expect(root.statAt("link", stat)).toBe(0);
    expect(stat.type).toBe(FILETYPE_SYMBOLIC_LINK);
    expect(root.statAt("sub", stat)).toBe(0);
    expect(stat.type).toBe(FILETYPE_DIRECTORY);
    expect(root.statAt("none", stat)).toBe(-ENOENT);
    expect(root.stat(stat)).toBe(0);
    expect(stat.ino).toBe(fs.statSync(host.mount, { bigint: true }).ino);
  });

  test("openDirectory opens directories alone", () => {
    const sub = directory(root.openDirectory("sub"));
    expect(sub.filesystem).toBe(root.filesystem);
    sub.close();
    expect(root.openDirectory("file")).toBe(-ENOTDIR);
    expect(root.openDirectory("link")).toBe(-ELOOP);
    expect(root.openDirectory("none")).toBe(-ENOENT);
  });

  test("open: each flag", () => {
    expect(open("file", OPEN_READ)).toBe(FILETYPE_REGULAR_FILE);
    expect(open("sub", OPEN_READ)).toBe(FILETYPE_DIRECTORY);
    expect(open("sub", OPEN_WRITE)).toBe(-EISDIR);
    expect(open("link", OPEN_READ)).toBe(-ELOOP);
    expect(open("none", OPEN_READ)).toBe(-ENOENT);
    expect(open("file", OPEN_DIRECTORY)).toBe(-ENOTDIR);
    expect(open("link", OPEN_DIRECTORY)).toBe(-ELOOP);
    expect(open("sub", OPEN_DIRECTORY)).toBe(FILETYPE_DIRECTORY);
    expect(open("sub", OPEN_DIRECTORY | OPEN_WRITE)).toBe(-EISDIR);
    expect(open("new", OPEN_DIRECTORY | OPEN_CREATE)).toBe(-EINVAL);
    expect(open("new", OPEN_WRITE | OPEN_CREATE)).toBe(FILETYPE_REGULAR_FILE);
    expect(open("new", OPEN_WRITE | OPEN_CREATE | OPEN_EXCLUSIVE)).toBe(-EEXIST);
    expect(open("link", OPEN_WRITE | OPEN_CREATE | OPEN_EXCLUSIVE)).toBe(-EEXIST);
    expect(fs.statSync(host.path("new")).mode & 0o777).toBe(0o666 & ~process.umask());
    expect(open("file", OPEN_WRITE | OPEN_TRUNCATE)).toBe(FILETYPE_REGULAR_FILE);
    expect(fs.readFileSync(host.path("file"), "utf8")).toBe("");
  });

  test("open never makes what a dangling link names", () => {
    fs.symlinkSync("made", host.path("dangling"));
    expect(root.open("dangling", OPEN_WRITE | OPEN_CREATE)).toBe(-ELOOP);
    expect(root.open("dangling", OPEN_WRITE | OPEN_CREATE | OPEN_EXCLUSIVE)).toBe(-EEXIST);
    expect(fs.existsSync(host.path("made"))).toBe(false);
  });

  test("mkdir, rmdir, unlink", () => {
    expect(root.mkdir("made")).toBe(0);
    expect(fs.statSync(host.path("made")).mode & 0o777).toBe(0o777 & ~process.umask());
    expect(root.mkdir("made")).toBe(-EEXIST);
    expect(root.mkdir("link")).toBe(-EEXIST);
    fs.writeFileSync(host.path("made", "x"), "");
    expect(root.rmdir("made")).toBe(-ENOTEMPTY);
    fs.rmSync(host.path("made", "x"));
    expect(root.rmdir("made")).toBe(0);
    expect(root.rmdir("file")).toBe(-ENOTDIR);
    expect(root.rmdir("link")).toBe(-ENOTDIR);
    expect(root.rmdir("none")).toBe(-ENOENT);
    expect([-EISDIR, -EPERM]).toContain(root.unlink("sub"));
    expect(root.unlink("link")).toBe(0);
    expect(fs.existsSync(host.path("file"))).toBe(true);
    expect(root.unlink("none")).toBe(-ENOENT);
  });

  test("rename: between directories, onto itself, over others", () => {
    const sub = directory(root.openDirectory("sub"));
    expect(root.rename("file", sub, "moved")).toBe(0);
    expect(fs.readFileSync(host.path("sub", "moved"), "utf8")).toBe("content");
    expect(sub.rename("moved", root, "file")).toBe(0);
    expect(root.rename("file", root, "file")).toBe(0);
    expect(root.rename("none", root, "x")).toBe(-ENOENT);
    expect(root.rename("file", root, "sub")).toBe(-EISDIR);
    expect(root.rename("sub", root, "file")).toBe(-ENOTDIR);
    expect(root.rename("sub", sub, "inside")).toBe(-EINVAL);
    fs.mkdirSync(host.path("other"));
    fs.writeFileSync(host.path("sub", "x"), "");
    expect(root.rename("other", root, "sub")).toBe(-ENOTEMPTY);
    expect(root.rename("sub", root, "other")).toBe(0);
    expect(fs.readdirSync(host.mount).toSorted()).toEqual(["file", "link", "other"]);
    // A link is renamed itself, never what it leads to.
    expect(root.rename("link", root, "renamed")).toBe(0);
    expect(fs.readlinkSync(host.path("renamed"))).toBe("file");
    sub.close();
  });

  test("rename and link to another mount: -EXDEV", () => {
    const other = host.open({ access: "read-write", reach });
    expect(root.rename("file", other, "x")).toBe(-EXDEV);
    expect(root.link("file", other, "x")).toBe(-EXDEV);
  });

  test("link", () => {
    const stat = emptyStat();
    expect(root.link("file", root, "second")).toBe(0);
    root.statAt("second", stat);
    expect(stat.nlink).toBe(2);
    expect(root.link("file", root, "second")).toBe(-EEXIST);
    expect(root.link("none", root, "third")).toBe(-ENOENT);
    expect(root.link("sub", root, "third")).toBe(-EPERM);
  });

  test.runIf(process.platform === "linux")("link does not follow a link", () => {
    expect(root.link("link", root, "second")).toBe(0);
    expect(fs.readlinkSync(host.path("second"))).toBe("file");
  });

  test("symlink and readlink", () => {
    expect(root.symlink("sub/x", "made")).toBe(0);
    expect(root.readlink("made")).toBe("sub/x");
    expect(root.symlink("y", "made")).toBe(-EEXIST);
    expect(root.readlink("file")).toBe(-EINVAL);
    expect(root.readlink("none")).toBe(-ENOENT);
  });

  test("list: all children by name, with inode and type", () => {
    const entries = root.list();
    if (typeof entries === "number") throw new Error(`list answered ${entries}`);
    expect(entries).toEqual([
      { name: "file", ino: ino("file"), type: FILETYPE_REGULAR_FILE },
      { name: "link", ino: ino("link"), type: FILETYPE_SYMBOLIC_LINK },
      { name: "sub", ino: ino("sub"), type: FILETYPE_DIRECTORY },
    ]);
  });

  test("list of 3,000 entries is whole", () => {
    for (let i = 0; i < 3000; i++) fs.writeFileSync(host.path("sub", `f${i}`), "");
    const sub = directory(root.openDirectory("sub"));
    const entries = sub.list();
    expect(typeof entries === "number" ? entries : entries.length).toBe(3000);
    sub.close();
  });

  test("names beyond the host's 255 bytes: -ENAMETOOLONG", () => {
    for (const name of ["n".repeat(256), "ä".repeat(128), "n".repeat(5000)]) {
      expect(root.open(name, OPEN_READ)).toBe(-ENAMETOOLONG);
      expect(root.openDirectory(name)).toBe(-ENAMETOOLONG);
      expect(root.statAt(name, emptyStat())).toBe(-ENAMETOOLONG);
      expect(root.mkdir(name)).toBe(-ENAMETOOLONG);
    }
    expect(root.mkdir("n".repeat(255))).toBe(0);
  });

  test("odd names are one name each", () => {
    for (const name of ["..\\x", "C:x", "new\nline", "...", " ", "__proto__", "ünï", "%2e%2e"]) {
      expect(root.mkdir(name)).toBe(0);
      expect(fs.statSync(host.path(name)).isDirectory()).toBe(true);
    }
  });

  test("a name that is no segment never reaches the host", () => {
    for (const name of ["..", ".", "", "/", "../secret", "sub/../../secret", "/etc"]) {
      expect(root.openDirectory(name)).toBe(-ENOENT);
      expect(root.open(name, OPEN_READ)).toBe(-ENOENT);
      expect(root.open(name, OPEN_DIRECTORY)).toBe(-ENOENT);
      expect(root.statAt(name, emptyStat())).toBe(-ENOENT);
      expect(root.mkdir(name)).toBe(-ENOENT);
      expect(root.rename("file", root, name)).toBe(-ENOENT);
      expect(root.symlink("x", name)).toBe(-ENOENT);
    }
    expect(root.mkdir("nul\0byte")).toBe(-EINVAL);
  });

  test("a deleted directory stays a directory without children", () => {
    const sub = directory(root.openDirectory("sub"));
    expect(root.rmdir("sub")).toBe(0);
    expect(sub.open("x", OPEN_WRITE | OPEN_CREATE)).toBe(-ENOENT);
    expect(sub.mkdir("x")).toBe(-ENOENT);
    expect(sub.statAt("x", emptyStat())).toBe(-ENOENT);
    expect(sub.symlink("x", "y")).toBeLessThan(0);
    // By path, a new directory with the old one's inode cannot be told from it.
    if (reach === "descriptor") {
      fs.mkdirSync(host.path("sub"));
      expect(sub.mkdir("x")).toBe(-ENOENT);
    }
    sub.close();
  });

  test("a duplicate lives on its own", () => {
    const copy = directory(root.duplicate());
    root.close();
    root.close();
    expect(text(file(copy.open("file", OPEN_READ)))).toBe("content");
    expect(root.open("file", OPEN_READ)).toBe(-EBADF);
    expect(root.list()).toBe(-EBADF);
    expect(root.stat(emptyStat())).toBe(-EBADF);
    expect(root.sync()).toBe(-EBADF);
    expect(root.duplicate()).toBe(-EBADF);
    expect(root.openDirectory("sub")).toBe(-EBADF);
    expect(root.setTimes(1n, 1n)).toBe(-EBADF);
    copy.close();
    expect(copy.open("file", OPEN_READ)).toBe(-EBADF);
  });

  test("sync", () => {
    expect(root.sync()).toBe(0);
  });

  test("a read-only mount refuses every change", () => {
    const mount = host.open({ access: "read-only", reach });
    for (const flags of [OPEN_WRITE, OPEN_READ | OPEN_WRITE, OPEN_TRUNCATE, OPEN_CREATE]) {
      expect(mount.open("file", flags)).toBe(-EROFS);
    }
    expect(mount.open("new", OPEN_WRITE | OPEN_CREATE)).toBe(-EROFS);
    expect(mount.open("new", OPEN_WRITE)).toBe(-ENOENT);
    expect(mount.open("file", OPEN_CREATE | OPEN_EXCLUSIVE)).toBe(-EEXIST);
    expect(mount.open("sub", OPEN_WRITE)).toBe(-EISDIR);
    // The resolver goes on, maybe to a mount that can be written to.
    expect(mount.open("link", OPEN_WRITE)).toBe(-ELOOP);
    expect(mount.mkdir("x")).toBe(-EROFS);
    expect(mount.rmdir("sub")).toBe(-EROFS);
    expect(mount.unlink("file")).toBe(-EROFS);
    expect(mount.rename("file", mount, "x")).toBe(-EROFS);
    expect(mount.link("file", mount, "x")).toBe(-EROFS);
    expect(mount.symlink("file", "x")).toBe(-EROFS);
    expect(mount.setTimesAt("file", 1n, 1n)).toBe(-EROFS);
    expect(mount.setTimes(1n, 1n)).toBe(-EROFS);
    // What is wrong with the name comes before that.
    expect(mount.mkdir("sub")).toBe(-EEXIST);
    expect(mount.symlink("file", "link")).toBe(-EEXIST);
    expect(mount.rmdir("file")).toBe(-ENOTDIR);
    expect(mount.rmdir("none")).toBe(-ENOENT);
    expect(mount.unlink("sub")).toBe(-EISDIR);
    expect(mount.unlink("none")).toBe(-ENOENT);
    expect(mount.rename("none", mount, "x")).toBe(-ENOENT);
    expect(mount.link("none", mount, "x")).toBe(-ENOENT);
    expect(mount.setTimesAt("none", 1n, 1n)).toBe(-ENOENT);
    expect(text(file(mount.open("file", OPEN_READ)))).toBe("content");
    const opened = file(mount.open("file", OPEN_READ));
    expect(opened.write(new Uint8Array(4), 0, 4, 0)).toBe(-EBADF);
    expect(opened.append(new Uint8Array(4), 0, 4)).toBe(-EBADF);
    expect(opened.truncate(0)).toBe(-EROFS);
    expect(opened.setTimes(1n, 1n)).toBe(-EROFS);
    opened.close();
    const sub = directory(mount.openDirectory("sub"));
    expect(sub.mkdir("x")).toBe(-EROFS);
    sub.close();
    expect(fs.readdirSync(host.mount).toSorted()).toEqual(["file", "link", "sub"]);
  });

  test.runIf(process.platform === "linux")("failures and closes leave no descriptor", () => {
    fs.symlinkSync("loop", host.path("loop"));
    const before = openDescriptors();
    for (let i = 0; i < 50; i++) {
      for (const name of ["file", "sub", "link", "none", "loop", "n".repeat(300)]) {
        for (const flags of [OPEN_READ, OPEN_WRITE, OPEN_DIRECTORY, OPEN_DIRECTORY | OPEN_WRITE]) {
          const answer = root.open(name, flags);
          if (typeof answer !== "number") answer.close();
        }
        const answer = root.openDirectory(name);
        if (typeof answer !== "number") answer.close();
      }
      root.sync();
      root.list();
      directory(root.duplicate()).close();
    }
    expect(openDescriptors()).toBe(before);
  });
});

describe.each(REACHES)("a sub-path by %s", (reach) => {
  let host: HostFixture;
  beforeEach(() => {
    host = new HostFixture();
    fs.mkdirSync(host.path("a", "b", "c"), { recursive: true });
  });
  afterEach(() => host.remove());

  test("is the root that links may not lead out of", () => {
    const root = host.open({ access: "read-write", reach, subPath: "a/b" });
    expect(root.symlink("../x", "out")).toBe(-EPERM);
    const inner = directory(root.openDirectory("c"));
    expect(inner.symlink("../x", "inside")).toBe(0);
    expect(inner.symlink("../../x", "out")).toBe(-EPERM);
    inner.close();
    expect(fs.readdirSync(host.path("a", "b", "c"))).toEqual(["inside"]);
  });

  test("is never followed through a link, and has plain names", () => {
    fs.symlinkSync("a", host.path("link"));
    fs.symlinkSync("b", host.path("a", "last"));
    const open = (subPath: string) =>
      openHostDirectory(host.mount, { access: "read-only", reach, subPath });
    expect(open("link/b")).toBe(-ELOOP);
    expect(open("a/last")).toBe(-ELOOP);
    expect(open("a/none")).toBe(-ENOENT);
    for (const odd of ["", "..", "a/..", "/a", "a//b", "a/."]) expect(open(odd)).toBe(-EINVAL);
  });
});
