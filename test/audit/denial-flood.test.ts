/** Guests that are refused as much as they can be: the app hears of it, and goes on with its own work. */
import type { DeniedEvent, Image } from "safedock";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { auditGuest } from "./command-guest.js";

let fixture: TestEngine;
let flood: Image;
/** In a second, of one container or of all runs of one image. */
const MAX_TOLD = 100;

beforeAll(async () => {
  fixture = await openTestEngine();
  flood = await fixture.engine.loadImage(auditGuest("denial-flood"));
});

afterAll(() => fixture.close());

afterEach(() => fixture.engine.removeAllListeners());

const DENIED = { grants: { random: "denied" } } as const;

describe("a guest that floods the app with denials", () => {
  test("is told of at a bounded rate, and the rest is counted", async () => {
    const told: DeniedEvent[] = [];
    fixture.engine.on("denied", (event) => told.push(event));
    await using container = await fixture.engine.createContainer(flood, DENIED);
    const main = await container.start();
    let turns = 0;
    const until = performance.now() + 1500;
    while (performance.now() < until) {
      await sleep(1);
      turns++;
    }
    await main.kill();
    const { durationMs, usage } = await main.wait();
    // The loop of the app went on; with nothing else to do it makes many hundred turns.
    expect(turns).toBeGreaterThan(50);
    expect(told.length).toBeGreaterThan(50);
    expect(told.length).toBeLessThanOrEqual(MAX_TOLD * Math.ceil(durationMs / 1000 + 1));
    expect(told.some(({ suppressed }) => suppressed > 0)).toBe(true);
    const { denials, otherDenials } = container.audit();
    expect(denials.length).toBeLessThanOrEqual(64);
    expect(new Set(denials.map(({ kind }) => kind))).toEqual(new Set(["fs", "random", "sockets"]));
    expect(otherDenials).toBeGreaterThan(0);
    expect(usage.hostCalls).toBeGreaterThan(10_000);
    // Nothing else than refused calls, but for some at its start: none is lost by the kill.
    const refused = denials.reduce((sum, { count }) => sum + count, otherDenials);
    expect(refused).toBeLessThanOrEqual(usage.hostCalls);
    expect(refused).toBeGreaterThan(usage.hostCalls - 100);
  });

  test("in many runs at once is told of no more", async () => {
    let told = 0;
    fixture.engine.on("denied", () => told++);
    const started = performance.now();
    const runs = Array.from({ length: 12 }, () =>
      fixture.engine.run(flood, { ...DENIED, audit: true, limits: { timeoutMs: 200 } }),
    );
    let denials = 0;
    for (const { reason, audit } of await Promise.all(runs)) {
      expect(reason).toBe("timeout");
      // On a busy machine one may be ended before its first call.
      denials += audit?.denials.length ?? 0;
    }
    expect(denials).toBeGreaterThan(0);
    // Workers that are killed are replaced, and told no more for that.
    const seconds = Math.ceil((performance.now() - started) / 1000) + 1;
    expect(told).toBeLessThanOrEqual(MAX_TOLD * seconds);
  });

  test("breaks nothing where the app's listener throws", async () => {
    const caught: unknown[] = [];
    const others = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.on("uncaughtException", (error) => caught.push(error));
    try {
      fixture.engine.on("denied", () => {
        throw new Error("mine");
      });
      const options = { ...DENIED, limits: { timeoutMs: 200 } };
      // The image's runs may have had their measure of this second; a container has one of its own.
      await using container = await fixture.engine.createContainer(flood, options);
      await container.start();
      expect(await container.wait()).toMatchObject({ reason: "timeout" });
      await expect.poll(() => caught.length).toBeGreaterThan(0);
    } finally {
      process.removeAllListeners("uncaughtException");
      for (const listener of others) process.on("uncaughtException", listener);
    }
    expect(fixture.engine.inspect()).toMatchObject({ processes: 0 });
  });
});
