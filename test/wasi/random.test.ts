import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { EFAULT } from "../../src/fs/errno.js";
import { TestGuest } from "./test-guest.js";

const PAGE = 65_536;

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
