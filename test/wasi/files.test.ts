import { describe, expect, test } from "vitest";
import { EBADF, EFAULT, EFBIG, EINVAL, ENOTSUP } from "../../src/fs/errno.js";
import { ROOT, TestGuest } from "./test-guest.js";

const PAGE = 65_536;
const CREATE = { oflags: 1 };
const RIGHT_READ = 2n;
const RIGHT_WRITE = 64n;

describe("files", () => {
  test("read, write, seek and tell", () => {
    const guest = new TestGuest();
    const fd = guest.open("f", CREATE);
    expect(guest.write(fd, "0123456789")).toBe(0);
    expect(guest.wasi.fd_tell(fd, 8)).toBe(0);
    expect(guest.u64(8)).toBe(10n);
    expect(guest.wasi.fd_seek(fd, -4n, 1, 8)).toBe(0);
    expect(guest.u64(8)).toBe(6n);
    expect(guest.read(fd)).toBe("6789");
    expect(guest.wasi.fd_seek(fd, -3n, 2, 8)).toBe(0);
    expect(guest.read(fd, 2)).toBe("78");
    expect(guest.wasi.fd_seek(fd, 100n, 0, 8)).toBe(0);
    expect(guest.read(fd)).toBe("");
    expect(guest.wasi.fd_seek(fd, -1n, 0, 8)).toBe(EINVAL);
    expect(guest.wasi.fd_seek(fd, -101n, 1, 8)).toBe(EINVAL);
    expect(guest.wasi.fd_seek(fd, 0n, 3, 8)).toBe(EINVAL);
    expect(guest.wasi.fd_seek(fd, 0n, 0, PAGE - 7)).toBe(EFAULT);
    expect(guest.wasi.fd_tell(fd, 8)).toBe(0);
    expect(guest.u64(8)).toBe(100n);
  });

  test("seek as far as an offset goes, and find nothing there", () => {
    const guest = new TestGuest();
    const fd = guest.open("f", CREATE);
    guest.write(fd, "abc");
    expect(guest.wasi.fd_seek(fd, 2n ** 63n - 1n, 0, 8)).toBe(0);
    expect(guest.wasi.fd_seek(fd, 0n, 1, 8)).toBe(0);
    expect(guest.u64(8)).toBe(2n ** 63n - 1n);
    expect(guest.wasi.fd_seek(fd, 1n, 1, 8)).toBe(EINVAL);
    expect(guest.read(fd)).toBe("");
    expect(guest.write(fd, "x")).toBe(EFBIG);
    expect(guest.wasi.fd_tell(fd, 8)).toBe(0);
    expect(guest.u64(8)).toBe(2n ** 63n - 1n);
    expect(guest.wasi.fd_seek(fd, 2n ** 63n - 1n, 2, 8)).toBe(EINVAL);
    expect(guest.wasi.fd_fdstat_set_flags(fd, 1)).toBe(0);
    expect(guest.write(fd, "d")).toBe(0);
    expect(guest.wasi.fd_seek(fd, -4n, 1, 8)).toBe(0);
    expect(guest.read(fd)).toBe("abcd");
  });

  test("number whence differently in wasi_unstable", () => {
    const guest = new TestGuest();
    const fd = guest.open("f", CREATE);
    guest.write(fd, "0123456789");
    expect(guest.unstable.fd_seek(fd, -1n, 0, 8)).toBe(0);
    expect(guest.u64(8)).toBe(9n);
    expect(guest.unstable.fd_seek(fd, -2n, 1, 8)).toBe(0);
    expect(guest.u64(8)).toBe(8n);
    expect(guest.unstable.fd_seek(fd, 3n, 2, 8)).toBe(0);
    expect(guest.u64(8)).toBe(3n);
    expect(guest.unstable.fd_seek(fd, 0n, 3, 8)).toBe(EINVAL);
  });

  test("pread and pwrite leave the position alone and may go past the end", () => {
    const guest = new TestGuest();
    const fd = guest.open("f", CREATE);
    expect(guest.wasi.fd_pwrite(fd, ...guest.vectors([guest.put("xy")]), 3n, 8)).toBe(0);
    const list = guest.vectors([
      [100, 2],
      [200, 2],
      [300, 4],
    ]);
    expect(guest.wasi.fd_pread(fd, ...list, 0n, 8)).toBe(0);
    expect(guest.u32(8)).toBe(5);
    expect([guest.text(100, 2), guest.text(200, 2), guest.text(300, 1)]).toEqual([
      "\0\0",
      "\0x",
      "y",
    ]);
    expect(guest.read(fd)).toBe("\0\0\0xy");
    expect(guest.wasi.fd_pread(fd, ...list, 5n, 8)).toBe(0);
    expect(guest.u32(8)).toBe(0);
    expect(guest.wasi.fd_pread(fd, ...list, 2n ** 62n, 8)).toBe(0);
    expect(guest.u32(8)).toBe(0);
    expect(guest.wasi.fd_pread(fd, ...list, -1n, 8)).toBe(EINVAL);
    expect(guest.wasi.fd_pwrite(fd, ...list, -1n, 8)).toBe(EINVAL);
    expect(guest.wasi.fd_pwrite(fd, ...list, 2n ** 62n, 8)).toBe(EFBIG);
  });

  test("one buffer of no bytes is read into, where a buffer may be", () => {
    const guest = new TestGuest();
    const fd = guest.open("f", CREATE);
    expect(guest.write(fd, "abc")).toBe(0);
    expect(guest.wasi.fd_pread(fd, ...guest.vectors([[PAGE, 0]]), 0n, 8)).toBe(0);
    expect(guest.u32(8)).toBe(0);
    expect(guest.wasi.fd_pread(fd, ...guest.vectors([[PAGE + 1, 0]]), 0n, 8)).toBe(EFAULT);
    expect(guest.wasi.fd_pread(fd, ...guest.vectors([[PAGE - 1, 2]]), 0n, 8)).toBe(EFAULT);
    expect(guest.wasi.fd_pread(fd, ...guest.vectors([[0, 2]]), 0n, PAGE - 3)).toBe(EFAULT);
  });

  test("append, and stop appending when told", () => {
    const guest = new TestGuest();
    guest.file("f", "abc");
    const fd = guest.open("f", { fdflags: 1 });
    expect(guest.write(fd, "d")).toBe(0);
    guest.wasi.fd_tell(fd, 8);
    expect(guest.u64(8)).toBe(4n);
    guest.wasi.fd_seek(fd, 0n, 0, 8);
    expect(guest.wasi.fd_pwrite(fd, ...guest.vectors([guest.put("e")]), 0n, 8)).toBe(0);
    expect(guest.read(fd)).toBe("abcde");
    expect(guest.wasi.fd_fdstat_set_flags(fd, 0)).toBe(0);
    guest.wasi.fd_seek(fd, 0n, 0, 8);
    expect(guest.write(fd, "A")).toBe(0);
    guest.wasi.fd_seek(fd, 0n, 0, 8);
    expect(guest.read(fd)).toBe("Abcde");
    expect(guest.wasi.fd_fdstat_set_flags(fd, 5)).toBe(0);
    expect(guest.wasi.fd_fdstat_get(fd, 0)).toBe(0);
    expect([guest.bytes[0], guest.u16(2)]).toEqual([4, 5]);
    expect(guest.wasi.fd_fdstat_set_flags(fd, 16)).toBe(EINVAL);
    expect(guest.wasi.fd_fdstat_set_flags(fd, 32)).toBe(EINVAL);
  });

  test("keep their access mode, whatever rights were asked for", () => {
    const guest = new TestGuest();
    guest.file("f", "text");
    const none = guest.open("f", { rights: 0n });
    expect(guest.read(none)).toBe("text");
    expect(guest.write(none, "x")).toBe(EBADF);
    expect(guest.wasi.fd_filestat_set_size(none, 0n)).toBe(EINVAL);
    const writing = guest.open("f", { rights: RIGHT_WRITE });
    expect(guest.read(writing)).toBe(-EBADF);
    expect(guest.write(writing, "T")).toBe(0);
    guest.wasi.fd_fdstat_get(none, 0);
    expect(guest.u64(8) & (RIGHT_READ | RIGHT_WRITE)).toBe(RIGHT_READ);
    guest.wasi.fd_fdstat_get(writing, 0);
    expect(guest.u64(8) & (RIGHT_READ | RIGHT_WRITE)).toBe(RIGHT_WRITE);
    expect(guest.wasi.fd_fdstat_set_rights(none, 0n, 0n)).toBe(ENOTSUP);
    expect(guest.read(none)).toBe("");
    expect(guest.wasi.fd_fdstat_set_rights(none, 1n << 30n, 0n)).toBe(EINVAL);
    expect(guest.wasi.fd_fdstat_set_rights(0, 0n, 0n)).toBe(EBADF);
    expect(guest.tryOpen("f", { rights: -1n })).toBe(-EINVAL);
  });

  test("tell their attributes in both layouts", () => {
    const guest = new TestGuest();
    const fd = guest.open("f", CREATE);
    guest.write(fd, "12345");
    expect(guest.wasi.fd_filestat_set_times(fd, 5n, 7n, 5)).toBe(0);
    expect(guest.wasi.fd_filestat_get(fd, 0)).toBe(0);
    expect([guest.bytes[16], guest.u64(24), guest.u64(32)]).toEqual([4, 1n, 5n]);
    expect([guest.u64(40), guest.u64(48)]).toEqual([5n, 7n]);
    guest.bytes.fill(0xee, 56, 64);
    expect(guest.unstable.fd_filestat_get(fd, 0)).toBe(0);
    expect([guest.bytes[16], guest.u32(20), guest.u64(24)]).toEqual([4, 1, 5n]);
    expect([guest.u64(32), guest.u64(40)]).toEqual([5n, 7n]);
    expect(guest.u64(56)).toBe(0xeeee_eeee_eeee_eeeen);
    expect(guest.wasi.fd_filestat_get(fd, PAGE - 63)).toBe(EFAULT);
    expect(guest.unstable.fd_filestat_get(fd, PAGE - 56)).toBe(0);
  });

  test("take times, but not two for one", () => {
    const guest = new TestGuest();
    const fd = guest.open("f", CREATE);
    expect(guest.wasi.fd_filestat_set_times(fd, 1n, 1n, 3)).toBe(EINVAL);
    expect(guest.wasi.fd_filestat_set_times(fd, 1n, 1n, 12)).toBe(EINVAL);
    expect(guest.wasi.fd_filestat_set_times(fd, 1n, 1n, 16)).toBe(EINVAL);
    expect(guest.wasi.fd_filestat_set_times(fd, 1n, 2n, 5)).toBe(0);
    expect(guest.wasi.fd_filestat_set_times(fd, 9n, 9n, 0)).toBe(0);
    expect(guest.wasi.fd_filestat_set_times(fd, 0n, 0n, 8)).toBe(0);
    guest.wasi.fd_filestat_get(fd, 0);
    expect(guest.u64(40)).toBe(1n);
    expect(guest.u64(48)).toBeGreaterThan(1_700_000_000_000_000_000n);
    expect(guest.wasi.fd_filestat_set_times(0, 0n, 0n, 0)).toBe(EBADF);
    expect(guest.wasi.fd_filestat_set_times(ROOT, 3n, 4n, 5)).toBe(0);
  });

  test("change their size, sync, and take advice", () => {
    const guest = new TestGuest();
    const fd = guest.open("f", CREATE);
    expect(guest.wasi.fd_filestat_set_size(fd, 3n)).toBe(0);
    expect(guest.read(fd)).toBe("\0\0\0");
    expect(guest.wasi.fd_filestat_set_size(fd, -1n)).toBe(EINVAL);
    expect(guest.wasi.fd_filestat_set_size(fd, 2n ** 60n)).toBe(EFBIG);
    expect(guest.wasi.fd_filestat_set_size(ROOT, 0n)).toBe(EBADF);
    expect(guest.wasi.fd_sync(fd)).toBe(0);
    expect(guest.wasi.fd_datasync(fd)).toBe(0);
    expect(guest.wasi.fd_sync(ROOT)).toBe(EBADF);
    expect(guest.wasi.fd_datasync(1)).toBe(EBADF);
    expect(guest.wasi.fd_advise(fd, 0n, 0n, 5)).toBe(0);
    expect(guest.wasi.fd_advise(fd, 0n, 0n, 6)).toBe(EINVAL);
    expect(guest.wasi.fd_advise(fd, 0n, -1n, 0)).toBe(EINVAL);
    expect(guest.wasi.fd_advise(ROOT, 0n, 0n, 0)).toBe(EBADF);
    expect(guest.wasi.fd_allocate(fd, 0n, 10n)).toBe(ENOTSUP);
    expect(guest.wasi.fd_allocate(ROOT, 0n, 10n)).toBe(EBADF);
  });
});
