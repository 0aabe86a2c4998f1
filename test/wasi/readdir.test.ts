import { describe, expect, test } from "vitest";
import { EBADF, EFAULT } from "../../src/fs/errno.js";
import { ROOT, TestGuest } from "./test-guest.js";

const PAGE = 65_536;
function link(guest: TestGuest, target: string, name: string): unknown {
  return guest.wasi.path_symlink(...guest.put(target, 58_000), ROOT, ...guest.put(name));
}

describe("fd_readdir", () => {
  /** Entries as [cookie, type, name], from one call. */
  function list(
    guest: TestGuest,
    fd: number,
    cookie: bigint,
    size: number,
  ): [bigint, number, string][] {
    const errno = guest.wasi.fd_readdir(fd, 0, size, cookie, 60_000);
    if (errno !== 0) throw new Error(`errno ${String(errno)}`);
    const used = guest.u32(60_000);
    const entries: [bigint, number, string][] = [];
    for (let at = 0; at + 24 <= used;) {
      const length = guest.u32(at + 16);
      if (at + 24 + length > used) break;
      entries.push([guest.u64(at), guest.bytes[at + 20] ?? 0, guest.text(at + 24, length)]);
      at += 24 + length;
    }
    return entries;
  }

  test("begins with . and .. and goes on at each cookie", () => {
    const guest = new TestGuest();
    guest.file("file");
    guest.directory("dir");
    link(guest, "file", "link");
    const all = list(guest, ROOT, 0n, 1000);
    expect(all.map(([cookie]) => cookie)).toEqual([1n, 2n, 3n, 4n, 5n]);
    expect(all.slice(0, 2).map(([, type, name]) => [type, name])).toEqual([
      [3, "."],
      [3, ".."],
    ]);
    expect(new Map(all.map(([, type, name]) => [name, type]))).toEqual(
      new Map([
        [".", 3],
        ["..", 3],
        ["file", 4],
        ["dir", 3],
        ["link", 7],
      ]),
    );
    for (const [index, [cookie]] of all.entries()) {
      expect(list(guest, ROOT, cookie, 1000)).toEqual(all.slice(index + 1));
    }
    expect(list(guest, ROOT, 99n, 1000)).toEqual([]);
    expect(list(guest, ROOT, -1n, 1000)).toEqual([]);
  });

  test("fills the buffer to its last byte when there is more", () => {
    const guest = new TestGuest();
    for (let index = 0; index < 20; index++) guest.file(`file-${index}`);
    for (const size of [0, 1, 23, 24, 25, 26, 49, 100, 333]) {
      expect(guest.wasi.fd_readdir(ROOT, 0, size, 0n, 60_000)).toBe(0);
      expect(guest.u32(60_000)).toBe(size);
    }
    guest.bytes.fill(0xee, 0, 1000);
    guest.wasi.fd_readdir(ROOT, 0, 30, 0n, 60_000);
    expect(guest.bytes.subarray(30, 1000).every((byte) => byte === 0xee)).toBe(true);
  });

  test("neither skips nor repeats while a program removes what it reads", () => {
    const guest = new TestGuest();
    for (let index = 0; index < 50; index++) guest.file(`file-${index}`);
    const seen: string[] = [];
    let cookie = 0n;
    for (;;) {
      const entries = list(guest, ROOT, cookie, 80);
      if (entries.length === 0) break;
      for (const [next, , name] of entries) {
        cookie = next;
        if (name.startsWith(".")) continue;
        seen.push(name);
        expect(guest.wasi.path_unlink_file(ROOT, ...guest.put(name))).toBe(0);
      }
    }
    expect(new Set(seen).size).toBe(50);
    expect(list(guest, ROOT, 0n, 1000)).toHaveLength(2);
  });

  test("refuses what is no directory and no buffer", () => {
    const guest = new TestGuest();
    expect(guest.wasi.fd_readdir(0, 0, 100, 0n, 8)).toBe(EBADF);
    expect(guest.wasi.fd_readdir(ROOT, PAGE - 99, 100, 0n, 8)).toBe(EFAULT);
    expect(guest.wasi.fd_readdir(ROOT, 0, 100, 0n, PAGE - 3)).toBe(EFAULT);
    expect(guest.wasi.fd_readdir(ROOT, 0, -1, 0n, 8)).toBe(EFAULT);
  });
});
