import { describe, expect, test } from "vitest";
import { EBADF, EFAULT, EMFILE, ENAMETOOLONG, ENOTDIR } from "../../src/fs/errno.js";
import { TestGuest } from "./test-guest.js";

const PAGE = 65_536;
const CREATE = { oflags: 1 };
const RIGHT_READ = 2n;
const RIGHT_WRITE = 64n;

describe("numbers", () => {
  test("are capped and given lowest first", () => {
    const guest = new TestGuest({ limits: { openFiles: 7 } });
    expect(guest.open("a", CREATE)).toBe(5);
    expect(guest.open("b", CREATE)).toBe(6);
    expect(guest.tryOpen("c", CREATE)).toBe(-EMFILE);
    expect(guest.tryOpen("c")).toBe(-EMFILE);
    guest.wasi.fd_close(5);
    expect(guest.tryOpen("c")).toBe(-44);
    expect(guest.open("b")).toBe(5);
    expect(guest.wasi.fd_close(7)).toBe(EBADF);
    expect(guest.wasi.fd_close(-1)).toBe(EBADF);
  });

  test("move, and close what was there", () => {
    const guest = new TestGuest();
    guest.file("f", "text");
    const from = guest.open("f");
    const to = guest.open("g", CREATE);
    expect(guest.wasi.fd_renumber(from, to)).toBe(0);
    expect(guest.read(to)).toBe("text");
    expect(guest.read(from)).toBe(-EBADF);
    expect(guest.wasi.fd_renumber(to, to)).toBe(0);
    expect(guest.wasi.fd_renumber(from, to)).toBe(EBADF);
    expect(guest.wasi.fd_renumber(to, from)).toBe(EBADF);
    expect(guest.wasi.fd_renumber(to, 16)).toBe(EBADF);
    expect(guest.wasi.fd_renumber(to, -1)).toBe(EBADF);
    expect(guest.open("f")).toBe(from);
    guest.wasi.fd_seek(to, 0n, 0, 8);
    expect(guest.wasi.fd_renumber(to, 1)).toBe(0);
    expect(guest.read(1)).toBe("text");
  });
});

describe("preopens", () => {
  test("are found from 3 on until EBADF", () => {
    const guest = new TestGuest();
    expect(guest.wasi.fd_prestat_get(3, 0)).toBe(0);
    expect([guest.u32(0), guest.u32(4)]).toEqual([0, 1]);
    expect(guest.wasi.fd_prestat_dir_name(3, 0, 1)).toBe(0);
    expect(guest.text(0, 1)).toBe("/");
    expect(guest.wasi.fd_prestat_get(4, 0)).toBe(0);
    expect(guest.u32(4)).toBe(5);
    expect(guest.wasi.fd_prestat_dir_name(4, 0, 5)).toBe(0);
    expect(guest.text(0, 5)).toBe("/data");
    expect(guest.wasi.fd_prestat_get(5, 0)).toBe(EBADF);
    expect(guest.wasi.fd_prestat_get(0, 0)).toBe(EBADF);
    expect(guest.wasi.fd_prestat_dir_name(4, 0, 4)).toBe(ENAMETOOLONG);
    expect(guest.wasi.fd_prestat_dir_name(0, 0, 4)).toBe(ENOTDIR);
    expect(guest.wasi.fd_prestat_dir_name(9, 0, 4)).toBe(EBADF);
    expect(guest.wasi.fd_prestat_dir_name(4, PAGE - 4, 5)).toBe(EFAULT);
    expect(guest.wasi.fd_prestat_get(4, PAGE - 4)).toBe(EFAULT);
  });

  test("can be closed and moved; others still work", () => {
    const guest = new TestGuest();
    expect(guest.wasi.fd_close(3)).toBe(0);
    expect(guest.wasi.fd_prestat_get(3, 0)).toBe(EBADF);
    expect(guest.open("f", { ...CREATE, dirfd: 4 })).toBe(3);
    expect(guest.wasi.fd_renumber(4, 3)).toBe(0);
    expect(guest.wasi.fd_prestat_get(3, 0)).toBe(0);
    expect(guest.tryOpen("f")).toBe(4);
  });

  test("report the rights that libraries look for", () => {
    const guest = new TestGuest();
    guest.wasi.fd_fdstat_get(3, 0);
    expect([guest.bytes[0], guest.u16(2)]).toEqual([3, 0]);
    const pathOpen = 1n << 13n;
    expect(guest.u64(8) & (pathOpen | RIGHT_WRITE | RIGHT_READ)).toBe(pathOpen);
    expect(guest.u64(16) & (RIGHT_WRITE | RIGHT_READ)).toBe(RIGHT_WRITE | RIGHT_READ);
    guest.directory("d");
    const fd = guest.open("d", { oflags: 2, rights: 0n });
    guest.wasi.fd_fdstat_get(fd, 0);
    expect(guest.u64(8) & (RIGHT_WRITE | RIGHT_READ | 4n)).toBe(RIGHT_READ);
    expect(guest.u64(16) & RIGHT_WRITE).toBe(RIGHT_WRITE);
    expect(guest.wasi.fd_fdstat_get(fd, PAGE - 23)).toBe(EFAULT);
  });
});
