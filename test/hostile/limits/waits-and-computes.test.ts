/** The limit on processor time: what a process computes counts, what it waits for does not. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Image } from "safedock";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestEngine, type TestEngine } from "../../support/test-engine.js";
import { hostileGuest } from "./hostile-guest.js";

let fixture: TestEngine;
let image: Image;

beforeAll(async () => {
  fixture = await openTestEngine();
  image = await hostileGuest(fixture.engine, "waits-and-computes");
});

afterAll(() => fixture.close());

describe("waits-and-computes", () => {
  test("sleeping is no processor time", async () => {
    const { reason, usage, durationMs } = await fixture.engine.run(image, {
      args: ["150", "0", "4"],
      grants: { clock: "real" },
      limits: { cpuMs: 300 },
    });
    expect(reason).toBe("exited");
    expect(durationMs).toBeGreaterThan(590);
    expect(usage.cpuMs).toBeLessThan(300);
  });

  test("waiting for input and for a reader is none either", async () => {
    for (const [what, rounds] of [
      ["stdin", 3],
      ["stdout", 3],
    ] as const) {
      await using container = await fixture.engine.createContainer(image, {
        args: [what, "0", String(rounds)],
        grants: { clock: "real" },
        limits: { cpuMs: 250 },
      });
      const main = await container.start();
      for (let round = 0; round < rounds; round++) {
        await sleep(200);
        if (what === "stdin") main.stdin.write("x");
      }
      if (what === "stdout") main.stdout.resume();
      const { reason, usage, durationMs } = await main.wait();
      expect([what, reason]).toEqual([what, "exited"]);
      expect(durationMs).toBeGreaterThan(350);
      expect(usage.cpuMs).toBeLessThan(250);
    }
  });

  test("of runs too short to be counted it is the time that they were awake", async () => {
    for (let run = 0; run < 20; run++) {
      const { reason, usage } = await fixture.engine.run(image, {
        args: ["0", "0", "1"],
        limits: { cpuMs: 1000 },
      });
      expect(reason).toBe("exited");
      expect(usage.cpuMs).toBeGreaterThan(0);
      expect(usage.cpuMs).toBeLessThanOrEqual(usage.wallMs);
    }
  });

  test("computing between the waits adds up, and ends it", async () => {
    const { reason, limit, detail, code, usage } = await fixture.engine.run(image, {
      args: ["20", "30", "1000"],
      grants: { clock: "real" },
      limits: { cpuMs: 200, timeoutMs: 25_000 },
    });
    expect({ reason, limit, detail, code }).toEqual({
      reason: "limit",
      limit: "cpuMs",
      detail: "cpuMs: the limit is 200 ms",
      code: 137,
    });
    expect(usage.cpuMs).toBeGreaterThanOrEqual(200);
    expect(usage.wallMs).toBeGreaterThan(usage.cpuMs);
  });

  test.skipIf(process.platform !== "linux")(
    "what other threads take from it does not count: three loops on few cores",
    async () => {
      const runs = await Promise.all(
        Array.from({ length: 6 }, () =>
          fixture.engine.run(image, {
            args: ["0", "100000", "1"],
            grants: { clock: "real" },
            limits: { cpuMs: 250, timeoutMs: 28_000 },
          }),
        ),
      );
      for (const { limit, usage } of runs) {
        expect(limit).toBe("cpuMs");
        expect(usage.cpuMs).toBeGreaterThanOrEqual(250);
      }
    },
  );
});
