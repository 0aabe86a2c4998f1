import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EFAULT, ENOTCAPABLE } from "../../src/fs/errno.js";
import { preview1Functions } from "../../src/wasi/preview1/function-types.js";
import { ArrayInput, TestGuest } from "./test-guest.js";

const PAGE = 65_536;

const word = fc.oneof(
  fc.integer({ min: -2, max: 8 }),
  fc.constantFrom(PAGE - 1, PAGE, PAGE - 8, 0x7fff_ffff, -0x8000_0000, -PAGE),
  fc.integer({ min: 0, max: PAGE }),
  fc.integer(),
);
const wide = fc.oneof(
  fc.bigInt({ min: -2n, max: 8n }),
  fc.constantFrom(2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n, (1n << 30n) - 1n),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
);

const names = [...preview1Functions.keys()].filter((name) => name !== "proc_exit");
const call = fc
  .constantFrom(...names)
  .chain((name) =>
    fc.tuple(
      fc.constant(name),
      fc.tuple(
        ...(preview1Functions.get(name)?.params ?? []).map((type): fc.Arbitrary<number | bigint> =>
          type === "i64" ? wide : word,
        ),
      ),
    ),
  );

describe("whatever a guest passes", () => {
  test("every function answers an errno, and nothing else ever happens", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 64, maxLength: 256 }),
        fc.array(call, { minLength: 1, maxLength: 30 }),
        (memory, calls) => {
          const guest = new TestGuest({}, new ArrayInput("input"));
          guest.file("f", "text");
          for (let at = 0; at + memory.length <= PAGE; at += 1024) guest.bytes.set(memory, at);
          for (const [name, args] of calls) {
            for (const module of [guest.wasi, guest.unstable]) {
              const target = Object.entries(module).find(([key]) => key === name)?.[1];
              const errno: unknown = target === undefined ? 0 : target(...args);
              expect(Number.isInteger(errno) && !Object.is(errno, -0), name).toBe(true);
              expect(errno).toBeGreaterThanOrEqual(0);
              expect(errno).toBeLessThanOrEqual(ENOTCAPABLE);
            }
          }
          guest.preview1.end();
        },
      ),
      { numRuns: 400 },
    );
  });
});

describe("the top of a memory of 4 GiB", () => {
  test("is reached by addresses that look negative", () => {
    const guest = new TestGuest({ random: { kind: "secure" } }, new ArrayInput("input"));
    const memory = new WebAssembly.Memory({ initial: 65_536, maximum: 65_536 });
    guest.preview1.begin(guest.context, memory);
    const top = 0xffff_0000;
    const view = new DataView(memory.buffer, top);
    const at = (offset: number): number => (top + offset) | 0;
    expect(guest.wasi.random_get(at(0), 1000)).toBe(0);
    expect(guest.wasi.random_get(-8, 8)).toBe(0);
    expect(guest.wasi.random_get(-8, 9)).toBe(EFAULT);
    expect(view.getBigUint64(65_528, true)).not.toBe(0n);
    view.setUint32(100, top + 200, true);
    view.setUint32(104, 5, true);
    expect(guest.wasi.fd_read(0, at(100), 1, at(108))).toBe(0);
    expect(view.getUint32(108, true)).toBe(5);
    expect(guest.wasi.fd_write(1, at(100), 1, at(108))).toBe(0);
    expect(guest.stdio.stdout.text()).toBe("input");
    expect(guest.wasi.path_create_directory(3, at(200), 5)).toBe(0);
    expect(guest.wasi.path_filestat_get(3, 0, at(200), 5, at(400))).toBe(0);
    expect(view.getUint8(416)).toBe(3);
    expect(guest.wasi.fd_readdir(3, 0x8000_0000 | 0, 0x7fff_ffff, 0n, at(108))).toBe(0);
    expect(view.getUint32(108, true)).toBe(24 * 3 + 1 + 2 + 5);
  });
});
