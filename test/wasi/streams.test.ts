import { describe, expect, test } from "vitest";
import { EBADF, EFAULT, EINVAL, ESPIPE } from "../../src/fs/errno.js";
import { ArrayInput, TestGuest } from "./test-guest.js";

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
