import { expect, test } from "vitest";
import { OwnThreadTime } from "../../src/guest/thread-time.js";

/** Computes until the system has counted some of it. */
function compute(time: OwnThreadTime, since: number): number {
  const deadline = Date.now() + 5000;
  for (;;) {
    const counted = time.read();
    if (counted > since) return counted;
    if (Date.now() > deadline) throw new Error(`still ${counted} ms`);
  }
}

test.runIf(process.platform === "linux")("a thread's time grows as it computes", () => {
  const time = new OwnThreadTime();
  const first = time.read();
  expect(first).toBeGreaterThan(0);
  expect(compute(time, first)).toBeGreaterThan(first);
});

test.runIf(process.platform === "linux")(
  "a recent one is asked for again after a millisecond",
  () => {
    const time = new OwnThreadTime();
    const first = time.recent(10);
    expect(first).toBeGreaterThan(0);
    const later = compute(time, first);
    expect(time.recent(10)).toBe(first);
    expect(time.recent(10.5)).toBe(first + 0.5);
    expect(time.recent(11)).toBeGreaterThanOrEqual(later);
  },
);
