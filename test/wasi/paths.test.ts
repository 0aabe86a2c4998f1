import { describe, expect, test } from "vitest";
import {
  EBADF,
  EEXIST,
  EFAULT,
  EILSEQ,
  EINVAL,
  EISDIR,
  ELOOP,
  ENAMETOOLONG,
  ENOENT,
  ENOTDIR,
  ENOTEMPTY,
  EPERM,
  EROFS,
} from "../../src/fs/errno.js";
import { ROOT, TestGuest } from "./test-guest.js";

const PAGE = 65_536;
const CREATE = 1;
const DIRECTORY = 2;
const EXCLUSIVE = 4;
const TRUNCATE = 8;
const READ = 2n;

function link(guest: TestGuest, target: string, name: string): unknown {
  return guest.wasi.path_symlink(...guest.put(target, 58_000), ROOT, ...guest.put(name));
}

describe("path_open", () => {
  test("takes flags as they combine", () => {
    const guest = new TestGuest();
    guest.file("f", "text");
    guest.directory("d");
    expect(guest.tryOpen("none")).toBe(-ENOENT);
    expect(guest.tryOpen("f", { oflags: CREATE | EXCLUSIVE })).toBe(-EEXIST);
    expect(guest.tryOpen("f", { oflags: EXCLUSIVE })).toBeGreaterThan(0);
    expect(guest.tryOpen("f", { oflags: DIRECTORY })).toBe(-ENOTDIR);
    expect(guest.tryOpen("d", { oflags: DIRECTORY | CREATE })).toBe(-EINVAL);
    expect(guest.tryOpen("d", { oflags: DIRECTORY | TRUNCATE })).toBe(-EINVAL);
    expect(guest.tryOpen("d", { oflags: CREATE, rights: READ })).toBe(-EISDIR);
    expect(guest.tryOpen("d", { oflags: TRUNCATE, rights: READ })).toBe(-EISDIR);
    expect(guest.tryOpen("d")).toBe(-EISDIR);
    expect(guest.tryOpen("d", { rights: 0n })).toBeGreaterThan(0);
    expect(guest.tryOpen("f", { oflags: 16 })).toBe(-EINVAL);
    expect(guest.tryOpen("f", { fdflags: 32 })).toBe(-EINVAL);
    const fd = guest.open("f", { oflags: TRUNCATE });
    expect(guest.read(fd)).toBe("");
  });

  test("gives a descriptor that can write when it creates", () => {
    const guest = new TestGuest();
    const fd = guest.open("f", { oflags: CREATE, rights: 0n });
    expect(guest.write(fd, "x")).toBe(0);
    expect(guest.tryOpen("f", { fdflags: 16 })).toBeGreaterThan(0);
  });

  test("opens what is there where nothing can be created", () => {
    const guest = new TestGuest();
    guest.file("f", "text");
    guest.filesystem.readOnly = true;
    expect(guest.read(guest.open("f", { oflags: CREATE, rights: READ }))).toBe("text");
    expect(guest.tryOpen("f", { oflags: CREATE })).toBe(-EROFS);
    expect(guest.tryOpen("new", { oflags: CREATE, rights: READ })).toBe(-EROFS);
  });

  test("starts from directories only", () => {
    const guest = new TestGuest();
    guest.file("f");
    const fd = guest.open("f");
    expect(guest.tryOpen("x", { dirfd: fd })).toBe(-ENOTDIR);
    expect(guest.tryOpen("x", { dirfd: 1 })).toBe(-EBADF);
    expect(guest.tryOpen("x", { dirfd: 99 })).toBe(-EBADF);
    expect(guest.wasi.path_create_directory(fd, ...guest.put("x"))).toBe(EBADF);
    expect(guest.wasi.path_filestat_get(fd, 0, ...guest.put("x"), 0)).toBe(EBADF);
  });

  test("never leaves its directory", () => {
    const guest = new TestGuest();
    guest.directory("d");
    for (const path of ["..", "../f", "d/../..", "/", "/f", "./..//x"]) {
      expect(guest.tryOpen(path, { rights: READ }), path).toBe(-EPERM);
    }
    const dirfd = guest.open("d", { rights: READ });
    expect(guest.tryOpen("..", { rights: READ, dirfd })).toBe(-EPERM);
    expect(guest.tryOpen("d/..", { rights: READ })).toBeGreaterThan(0);
  });
});

describe("strings of paths", () => {
  test("are checked before they are used", () => {
    const guest = new TestGuest();
    expect(guest.tryOpen("")).toBe(-ENOENT);
    expect(guest.tryOpen("a\0b")).toBe(-EINVAL);
    expect(guest.tryOpen("\0")).toBe(-EINVAL);
    expect(guest.tryOpen("a".repeat(100) + "\0")).toBe(-EINVAL);
    expect(guest.tryOpen("x".repeat(256), { oflags: CREATE })).toBe(-ENAMETOOLONG);
    const invalid = guest.put(new Uint8Array([0x61, 0xff]));
    expect(guest.wasi.path_create_directory(ROOT, ...invalid)).toBe(EILSEQ);
    const surrogate = guest.put(new Uint8Array([0xed, 0xa0, 0x80]));
    expect(guest.wasi.path_create_directory(ROOT, ...surrogate)).toBe(EILSEQ);
    expect(guest.wasi.path_create_directory(ROOT, 0, PAGE)).toBe(ENAMETOOLONG);
    expect(guest.wasi.path_create_directory(ROOT, 1, PAGE)).toBe(EFAULT);
    expect(guest.wasi.path_create_directory(ROOT, PAGE - 2, 3)).toBe(EFAULT);
    expect(guest.wasi.path_create_directory(ROOT, -1, -1)).toBe(EFAULT);
    expect(guest.wasi.path_create_directory(ROOT, PAGE, 0)).toBe(ENOENT);
  });

  test("may hold any Unicode, a byte order mark included", () => {
    const guest = new TestGuest();
    for (const name of ["ünï", "文件".repeat(30), "\uFEFFbom", "__proto__", "a b", "😀"]) {
      guest.file(name, name);
      expect(guest.read(guest.open(name), 300)).toBe(name);
      guest.wasi.fd_close(5);
    }
    guest.wasi.fd_readdir(ROOT, 0, 4000, 0n, 60_000);
    expect(guest.text(0, guest.u32(60_000))).toContain("\uFEFFbom");
  });
});

describe("changing the tree", () => {
  test("makes, removes, renames and links", () => {
    const guest = new TestGuest();
    const { wasi } = guest;
    guest.directory("d");
    expect(wasi.path_create_directory(ROOT, ...guest.put("d"))).toBe(EEXIST);
    guest.file("d/f", "text");
    expect(wasi.path_remove_directory(ROOT, ...guest.put("d"))).toBe(ENOTEMPTY);
    expect(wasi.path_remove_directory(ROOT, ...guest.put("d/f"))).toBe(ENOTDIR);
    expect(wasi.path_unlink_file(ROOT, ...guest.put("d"))).toBe(EISDIR);
    const from = guest.put("d/f", 58_000);
    expect(wasi.path_link(ROOT, 1, ...from, ROOT, ...guest.put("g"))).toBe(EINVAL);
    expect(wasi.path_link(ROOT, 2, ...from, ROOT, ...guest.put("g"))).toBe(EINVAL);
    expect(wasi.path_link(ROOT, 0, ...from, ROOT, ...guest.put("g"))).toBe(0);
    expect(wasi.path_rename(ROOT, ...from, ROOT, ...guest.put("h"))).toBe(0);
    expect(wasi.path_unlink_file(ROOT, ...guest.put("g"))).toBe(0);
    expect(guest.read(guest.open("h"))).toBe("text");
    expect(wasi.path_remove_directory(ROOT, ...guest.put("d"))).toBe(0);
    expect(wasi.path_rename(ROOT, ...from, 99, ...guest.put("h"))).toBe(EBADF);
    expect(wasi.path_link(99, 0, ...from, ROOT, ...guest.put("h"))).toBe(EBADF);
  });

  test("follows links when told, and cuts them to the buffer", () => {
    const guest = new TestGuest();
    const { wasi } = guest;
    guest.file("f", "text");
    expect(link(guest, "f", "l")).toBe(0);
    expect(link(guest, "/f", "absolute")).toBe(EPERM);
    expect(link(guest, "loop", "loop")).toBe(0);
    expect(guest.tryOpen("l")).toBe(-ELOOP);
    expect(guest.read(guest.open("l", { follow: true }))).toBe("text");
    expect(guest.tryOpen("loop", { follow: true })).toBe(-ELOOP);
    expect(wasi.path_filestat_get(ROOT, 0, ...guest.put("l"), 0)).toBe(0);
    expect(guest.bytes[16]).toBe(7);
    expect(wasi.path_filestat_get(ROOT, 1, ...guest.put("l"), 0)).toBe(0);
    expect([guest.bytes[16], guest.u64(32)]).toEqual([4, 4n]);
    expect(guest.unstable.path_filestat_get(ROOT, 1, ...guest.put("l"), 0)).toBe(0);
    expect([guest.bytes[16], guest.u32(20), guest.u64(24)]).toEqual([4, 1, 4n]);
    expect(wasi.path_filestat_get(ROOT, 2, ...guest.put("l"), 0)).toBe(EINVAL);
    expect(wasi.path_readlink(ROOT, ...guest.put("loop"), 0, 2, 8)).toBe(0);
    expect([guest.text(0, 2), guest.u32(8)]).toEqual(["lo", 2]);
    expect(wasi.path_readlink(ROOT, ...guest.put("loop"), 0, 0, 8)).toBe(0);
    expect(guest.u32(8)).toBe(0);
    expect(wasi.path_readlink(ROOT, ...guest.put("f"), 0, 10, 8)).toBe(EINVAL);
    expect(wasi.path_readlink(ROOT, ...guest.put("l"), PAGE - 9, 10, 8)).toBe(EFAULT);
  });

  test("sets times of a link or of its target", () => {
    const guest = new TestGuest();
    const { wasi } = guest;
    guest.file("f");
    link(guest, "f", "l");
    expect(wasi.path_filestat_set_times(ROOT, 0, ...guest.put("l"), 1n, 2n, 5)).toBe(0);
    expect(wasi.path_filestat_set_times(ROOT, 1, ...guest.put("l"), 3n, 4n, 5)).toBe(0);
    expect(wasi.path_filestat_set_times(ROOT, 1, ...guest.put("l"), 3n, 4n, 3)).toBe(EINVAL);
    wasi.path_filestat_get(ROOT, 0, ...guest.put("l"), 0);
    expect(guest.u64(48)).toBe(2n); // following a link may note that it was read
    wasi.path_filestat_get(ROOT, 0, ...guest.put("f"), 0);
    expect([guest.u64(40), guest.u64(48)]).toEqual([3n, 4n]);
  });
});
