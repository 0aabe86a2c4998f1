import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { EBADF, EFAULT, EINVAL, ENOTSOCK, ENOTSUP } from "../../src/fs/errno.js";
import {
  preview1Functions,
  preview1Modules,
  unstableFunctions,
} from "../../src/wasi/preview1/function-types.js";
import { createPreview1 } from "../../src/wasi/preview1/index.js";
import { START_MS, TestGuest } from "./test-guest.js";

const PAGE = 65_536;

describe("the list of functions", () => {
  test("has 46 functions in preview 1 and 45 in snapshot 0, all of them provided", () => {
    const { imports } = createPreview1();
    expect(preview1Functions.size).toBe(46);
    expect(unstableFunctions.size).toBe(45);
    for (const [module, functions] of preview1Modules) {
      const provided =
        module === "wasi_unstable" ? imports.wasi_unstable : imports.wasi_snapshot_preview1;
      expect(Object.keys(provided).toSorted()).toEqual([...functions.keys()].toSorted());
    }
  });

  test("gives each function as many parameters as its type has", () => {
    const { imports } = createPreview1();
    for (const [name, type] of preview1Functions) {
      const call = Object.entries(imports.wasi_snapshot_preview1).find(
        ([key]) => key === name,
      )?.[1];
      expect(call, name).toHaveLength(type.params.length);
    }
  });
});

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

describe("random", () => {
  test("repeats with the same seed, however the guest cuts its requests", () => {
    const whole = new TestGuest();
    whole.wasi.random_get(0, 64);
    const cut = new TestGuest();
    for (const [at, length] of [
      [0, 1],
      [1, 6],
      [7, 57],
    ] as const) {
      cut.wasi.random_get(at, length);
    }
    expect(cut.bytes.slice(0, 64)).toEqual(whole.bytes.slice(0, 64));
    const other = new TestGuest({ random: { kind: "seeded", seed: "other" } });
    other.wasi.random_get(0, 64);
    expect(other.bytes.slice(0, 64)).not.toEqual(whole.bytes.slice(0, 64));
  });

  test("is xoshiro128** over the seed's SHA-256, as documented", () => {
    const digest = createHash("sha256").update("test").digest();
    const second = digest.readUInt32LE(4);
    const times5 = Math.imul(second, 5);
    const first = Math.imul((times5 << 7) | (times5 >>> 25), 9) >>> 0;
    const guest = new TestGuest();
    guest.wasi.random_get(0, 4);
    expect(guest.u32(0)).toBe(first);
  });

  test("fills all of a large request and nothing beside it", () => {
    const guest = new TestGuest({ random: { kind: "secure" } });
    expect(guest.wasi.random_get(16, PAGE - 32)).toBe(0);
    expect(guest.bytes.subarray(0, 16).every((byte) => byte === 0)).toBe(true);
    expect(guest.bytes.subarray(PAGE - 16).every((byte) => byte === 0)).toBe(true);
    const zeros = guest.bytes.subarray(16, PAGE - 16).filter((byte) => byte === 0).length;
    expect(zeros).toBeLessThan(PAGE / 100);
  });

  test("never gives the same pooled bytes twice", () => {
    const guest = new TestGuest({ random: { kind: "secure" } });
    const seen = new Set<bigint>();
    for (let round = 0; round < 2000; round++) {
      guest.wasi.random_get(0, 8);
      seen.add(guest.u64(0));
    }
    expect(seen.size).toBe(2000);
  });

  test("refuses what does not lie in the memory", () => {
    const guest = new TestGuest();
    expect(guest.wasi.random_get(0, -1)).toBe(EFAULT);
    expect(guest.wasi.random_get(-1, 2)).toBe(EFAULT);
    expect(guest.wasi.random_get(PAGE, 0)).toBe(0);
    expect(guest.wasi.random_get(PAGE, 1)).toBe(EFAULT);
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
