import { describe, expect, test } from "vitest";
import {
  EBADF,
  EFAULT,
  EFBIG,
  EINVAL,
  EMFILE,
  ENAMETOOLONG,
  ENOTDIR,
  ENOTSUP,
  ESPIPE,
} from "../../src/fs/errno.js";
import { ArrayInput, ROOT, TestGuest } from "./test-guest.js";

const PAGE = 65_536;
const CREATE = { oflags: 1 };
const RIGHT_READ = 2n;
const RIGHT_WRITE = 64n;

describe("streams", () => {
  test("writes all buffers of a list and counts them", () => {
    const guest = new TestGuest();
    const list = guest.vectors([guest.put("Hello", 100), [0, 0], guest.put(", world", 200)]);
    expect(guest.wasi.fd_write(1, ...list, 8)).toBe(0);
    expect(guest.u32(8)).toBe(12);
    expect(guest.stdio.stdout.text()).toBe("Hello, world");
    expect(guest.write(2, "oh")).toBe(0);
    expect(guest.stdio.stderr.text()).toBe("oh");
    expect(guest.context.usage).toEqual({ readBytes: 0, writtenBytes: 14, hostCalls: 2 });
  });

  test("reads what is there and 0 at the end", () => {
    const guest = new TestGuest({}, new ArrayInput("abcdef"));
    const list = guest.vectors([
      [100, 2],
      [200, 10],
    ]);
    expect(guest.wasi.fd_read(0, ...list, 8)).toBe(0);
    expect(guest.u32(8)).toBe(6);
    expect(guest.text(100, 2) + guest.text(200, 4)).toBe("abcdef");
    expect(guest.read(0)).toBe("");
  });

  test("does not seek, and reads or writes in one direction only", () => {
    const { wasi } = new TestGuest();
    expect(wasi.fd_write(0, 0, 0, 8)).toBe(EBADF);
    expect(wasi.fd_read(1, 0, 0, 8)).toBe(EBADF);
    expect(wasi.fd_seek(0, 0n, 0, 8)).toBe(ESPIPE);
    expect(wasi.fd_tell(1, 8)).toBe(ESPIPE);
    expect(wasi.fd_pread(0, 0, 0, 0n, 8)).toBe(ESPIPE);
    expect(wasi.fd_pread(1, 0, 0, 0n, 8)).toBe(EBADF);
    expect(wasi.fd_pwrite(1, 0, 0, 0n, 8)).toBe(ESPIPE);
    expect(wasi.fd_pwrite(0, 0, 0, 0n, 8)).toBe(EBADF);
    expect(wasi.fd_fdstat_set_flags(0, 4)).toBe(EBADF);
  });

  test("is no terminal", () => {
    const guest = new TestGuest();
    expect(guest.wasi.fd_fdstat_get(0, 0)).toBe(0);
    expect([guest.bytes[0], guest.u64(8), guest.u64(16)]).toEqual([0, RIGHT_READ, RIGHT_READ]);
    expect(guest.wasi.fd_fdstat_get(2, 0)).toBe(0);
    expect([guest.bytes[0], guest.u64(8)]).toEqual([0, RIGHT_WRITE]);
    guest.bytes.fill(0xff, 0, 64);
    expect(guest.wasi.fd_filestat_get(1, 0)).toBe(0);
    expect(guest.bytes.subarray(0, 64).every((byte) => byte === 0)).toBe(true);
  });

  test("can be closed, and the lowest number comes back", () => {
    const guest = new TestGuest();
    expect(guest.wasi.fd_close(0)).toBe(0);
    expect(guest.wasi.fd_close(0)).toBe(EBADF);
    expect(guest.open("f", CREATE)).toBe(0);
    expect(guest.open("g", CREATE)).toBe(5);
  });
});

describe("hostile lists of buffers", () => {
  test("are checked as a whole before anything is touched", () => {
    const guest = new TestGuest({}, new ArrayInput("abc"));
    const good = guest.put("x", 100);
    for (const bad of [
      [PAGE - 1, 2],
      [0xffff_ffff, 1],
      [0x8000_0000, 0x8000_0000],
      [1, 0xffff_ffff],
    ] as const) {
      expect(guest.wasi.fd_write(1, ...guest.vectors([good, bad]), 8)).toBe(EFAULT);
      expect(guest.wasi.fd_read(0, ...guest.vectors([good, bad]), 8)).toBe(EFAULT);
    }
    expect(guest.wasi.fd_write(1, PAGE - 8, 2, 8)).toBe(EFAULT);
    expect(guest.wasi.fd_write(1, -8, 1, 8)).toBe(EFAULT);
    expect(guest.wasi.fd_write(1, ...guest.vectors([good]), PAGE - 3)).toBe(EFAULT);
    expect(guest.wasi.fd_read(0, ...guest.vectors([good]), -1)).toBe(EFAULT);
    expect(guest.stdio.stdout.chunks).toEqual([]);
    expect(guest.stdio.stdin.available()).toBe(3);
  });

  test("have at most 1024 entries and move at most 2 GiB", () => {
    const guest = new TestGuest();
    expect(guest.wasi.fd_write(1, 0, 1025, 8)).toBe(EINVAL);
    expect(guest.wasi.fd_write(1, 0, -1, 8)).toBe(EINVAL);
    expect(guest.wasi.fd_write(1, 0, 1024, 60_000)).toBe(0);
    const big = new TestGuest();
    big.memory.grow(3);
    const whole: [number, number][] = Array.from({ length: 1024 }, () => [0, 4 * PAGE]);
    expect(big.wasi.fd_write(1, ...big.vectors(whole), 8)).toBe(0);
    expect(big.u32(8)).toBe(1024 * 4 * PAGE);
  });
});

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
