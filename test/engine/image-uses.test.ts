import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { LongLease } from "../../src/content/leases.js";
import type { Image } from "../../src/engine/image.js";
import { ImageUses } from "../../src/engine/image-uses.js";

const PERIOD_MS = 10_000;
const image = { digest: "sha256:1" } as Partial<Image> as Image;

let taken = 0;
let released = 0;
let refreshed = 0;
const count = (): void => void taken++;
const take = async (): Promise<LongLease> => {
  count();
  return Promise.resolve({
    release: async () => Promise.resolve(void released++),
    refresh: async () => Promise.resolve(void refreshed++),
  });
};
const nothing = () => Promise.resolve();

beforeEach(() => {
  vi.useFakeTimers();
  [taken, released, refreshed] = [0, 0, 0];
});
afterEach(() => vi.useRealTimers());

test("one lease for all uses of an image, from the first one on", async () => {
  const uses = new ImageUses(take);
  expect(uses.tryAcquire(image)).toBe(false);
  await Promise.all([uses.acquire(image, nothing), uses.acquire(image, nothing)]);
  expect(uses.tryAcquire(image)).toBe(true);
  expect(taken).toBe(1);
  await vi.advanceTimersByTimeAsync(100 * PERIOD_MS);
  expect(released).toBe(0);
  await uses.close();
  expect(released).toBe(1);
});

test("the lease outlives the last use by a while, and is taken anew then", async () => {
  const uses = new ImageUses(take);
  await uses.acquire(image, nothing);
  uses.release(image);
  expect(uses.isUsed(image.digest)).toBe(false);
  await vi.advanceTimersByTimeAsync(PERIOD_MS);
  expect(uses.tryAcquire(image)).toBe(true);
  uses.release(image);
  await vi.advanceTimersByTimeAsync(PERIOD_MS);
  expect(released).toBe(0);
  await vi.advanceTimersByTimeAsync(2 * PERIOD_MS);
  expect(released).toBe(1);
  expect(vi.getTimerCount()).toBe(0);
  expect(uses.tryAcquire(image)).toBe(false);
  await uses.acquire(image, nothing);
  expect(taken).toBe(2);
  uses.release(image);
  await uses.releaseIdle();
  expect(released).toBe(2);
});

test("a lease that is held for long is refreshed every hour", async () => {
  const uses = new ImageUses(take);
  await uses.acquire(image, nothing);
  await vi.advanceTimersByTimeAsync(3 * 3_600_000);
  expect(refreshed).toBe(3);
  await uses.close();
});

test("what fails counts for nothing: the lease, or what is prepared beside it", async () => {
  const uses = new ImageUses(() => Promise.reject(new Error("gone")));
  const prepare = () => Promise.reject(new Error("no module"));
  await expect(uses.acquire(image, prepare)).rejects.toThrow("gone");
  expect(uses.isUsed(image.digest)).toBe(false);
  const others = new ImageUses(take);
  await expect(others.acquire(image, prepare)).rejects.toThrow("no module");
  expect(others.isUsed(image.digest)).toBe(false);
  await others.close();
  expect(released).toBe(1);
  expect(vi.getTimerCount()).toBe(0);
});
