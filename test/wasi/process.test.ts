import { describe, expect, test } from "vitest";
import { EBADF, EFAULT, EINVAL, ENOTSOCK, ENOTSUP } from "../../src/fs/errno.js";
import { preview1Functions } from "../../src/wasi/preview1/function-types.js";
import { START_MS, TestGuest } from "./test-guest.js";

const PAGE = 65_536;

describe("args and environ", () => {
  test("writes pointers and strings with a NUL each", () => {
    const guest = new TestGuest();
    expect(guest.wasi.args_sizes_get(0, 4)).toBe(0);
    expect([guest.u32(0), guest.u32(4)]).toEqual([2, 8]);
    expect(guest.wasi.args_get(16, 64)).toBe(0);
    expect([guest.u32(16), guest.u32(20)]).toEqual([64, 69]);
    expect(guest.text(64, 8)).toBe("prog\0ä\0");
    expect(guest.wasi.environ_sizes_get(0, 4)).toBe(0);
    expect([guest.u32(0), guest.u32(4)]).toEqual([2, 15]);
    expect(guest.wasi.environ_get(16, 64)).toBe(0);
    expect(guest.text(64, 15)).toBe("A=1\0LONG=value\0");
  });

  test("works without a single argument", () => {
    const guest = new TestGuest({ args: [] });
    expect(guest.wasi.args_sizes_get(0, 4)).toBe(0);
    expect(guest.u32(0)).toBe(0);
    expect(guest.wasi.args_get(PAGE, PAGE)).toBe(0);
  });

  test("touches nothing when an address is out of bounds", () => {
    const guest = new TestGuest();
    expect(guest.wasi.args_sizes_get(0, PAGE - 3)).toBe(EFAULT);
    expect(guest.wasi.args_get(PAGE - 7, 0)).toBe(EFAULT);
    expect(guest.wasi.args_get(0, PAGE - 7)).toBe(EFAULT);
    expect(guest.wasi.environ_get(-4, 0)).toBe(EFAULT);
    expect(guest.bytes.every((byte) => byte === 0)).toBe(true);
  });
});

describe("clock", () => {
  test("is virtual: every reading moves it by one microsecond", () => {
    const guest = new TestGuest();
    expect(guest.wasi.clock_time_get(0, 0n, 0)).toBe(0);
    expect(guest.u64(0)).toBe(BigInt(START_MS) * 1_000_000n + 1000n);
    expect(guest.wasi.clock_time_get(1, 0n, 0)).toBe(0);
    expect(guest.u64(0)).toBe(2000n);
    expect(guest.wasi.clock_res_get(1, 8)).toBe(0);
    expect(guest.u64(8)).toBe(1000n);
  });

  test("follows the host when it is granted", () => {
    const guest = new TestGuest({ clock: { kind: "real" } });
    const before = BigInt(Date.now()) * 1_000_000n;
    guest.wasi.clock_time_get(0, 0n, 0);
    const after = BigInt(Date.now() + 2) * 1_000_000n;
    expect(guest.u64(0) >= before && guest.u64(0) <= after).toBe(true);
    let last = 0n;
    for (let reading = 0; reading < 10_000; reading++) {
      guest.wasi.clock_time_get(1, 0n, 0);
      if (guest.u64(0) < last) throw new Error("the monotonic clock went back");
      last = guest.u64(0);
    }
  });

  test("refuses other clocks", () => {
    const guest = new TestGuest();
    expect(guest.wasi.clock_time_get(2, 0n, 0)).toBe(EBADF);
    expect(guest.wasi.clock_res_get(3, 0)).toBe(EBADF);
    expect(guest.wasi.clock_time_get(4, 0n, 0)).toBe(EINVAL);
    expect(guest.wasi.clock_time_get(-1, 0n, 0)).toBe(EINVAL);
    expect(guest.wasi.clock_time_get(0, 0n, PAGE - 7)).toBe(EFAULT);
  });
});

describe("memory", () => {
  test("is looked at anew after it has grown", () => {
    const guest = new TestGuest();
    expect(guest.wasi.random_get(PAGE, 4)).toBe(EFAULT);
    guest.memory.grow(1);
    expect(guest.wasi.random_get(PAGE, 4)).toBe(0);
    expect(guest.u32(PAGE)).not.toBe(0);
    guest.memory.grow(1);
    expect(guest.wasi.args_sizes_get(0, 4)).toBe(0);
    expect(guest.u32(0)).toBe(2);
  });

  test("can be changed for the running process", () => {
    const guest = new TestGuest();
    const fd = guest.open("f", { oflags: 1 });
    const other = new WebAssembly.Memory({ initial: 1 });
    guest.preview1.begin(guest.context, other);
    expect(guest.wasi.args_sizes_get(0, 4)).toBe(0);
    expect(new DataView(other.buffer).getUint32(0, true)).toBe(2);
    expect(guest.wasi.fd_close(fd)).toBe(0);
  });

  test("is let go when the process ends", () => {
    const guest = new TestGuest();
    guest.preview1.end();
    guest.preview1.end();
    expect(() => guest.wasi.args_sizes_get(0, 4)).toThrow(guest.preview1.exit);
  });
});

describe("proc, sched, sock", () => {
  test("ends the guest, and every later call ends it again", () => {
    const guest = new TestGuest();
    expect(() => guest.wasi.proc_exit(-1)).toThrow(guest.preview1.exit);
    expect(guest.preview1.exit.code).toBe(0xffff_ffff);
    for (const [name, type] of preview1Functions) {
      const call = Object.entries(guest.wasi).find(([key]) => key === name)?.[1];
      const zeros = type.params.map((param) => (param === "i64" ? 0n : 0));
      expect(() => call?.(...zeros), name).toThrow(guest.preview1.exit);
    }
    expect(guest.preview1.exit.code).toBe(0xffff_ffff);
  });

  test("begins the next process without a trace of the last", () => {
    const guest = new TestGuest();
    expect(() => guest.wasi.proc_exit(3)).toThrow(guest.preview1.exit);
    const next = new TestGuest({ args: ["next"] });
    guest.preview1.begin(next.context, next.memory);
    expect(guest.preview1.exit.code).toBeUndefined();
    expect(guest.wasi.args_sizes_get(0, 4)).toBe(0);
    expect(next.u32(0)).toBe(1);
    expect(next.context.usage.hostCalls).toBe(1);
  });

  test("has no signals and no sockets", () => {
    const guest = new TestGuest();
    expect(guest.wasi.proc_raise(6)).toBe(ENOTSUP);
    expect(guest.wasi.proc_raise(31)).toBe(EINVAL);
    expect(guest.wasi.sched_yield()).toBe(0);
    expect(guest.wasi.sock_shutdown(0, 1)).toBe(ENOTSOCK);
    expect(guest.wasi.sock_shutdown(99, 1)).toBe(EBADF);
    expect(guest.wasi.sock_shutdown(0, 4)).toBe(EINVAL);
    expect(guest.wasi.sock_accept(3, 0, 0)).toBe(ENOTSOCK);
    expect(guest.wasi.sock_accept(99, 0, 0)).toBe(EBADF);
    expect(guest.wasi.sock_recv(1, 0, 0, 0, 0, 0)).toBe(ENOTSOCK);
    expect(guest.wasi.sock_send(1, 0, 0, 0, 0)).toBe(ENOTSOCK);
  });
});
