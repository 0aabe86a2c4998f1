import { setTimeout as sleep } from "node:timers/promises";
import type { Engine } from "safedock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { guestPath } from "./guests.js";

let fixture: TestEngine;
let engine: Engine;

const MiB = 2 ** 20;

beforeAll(async () => {
  fixture = await openTestEngine();
  engine = fixture.engine;
});

afterAll(() => fixture.close());

describe("a limit holds", () => {
  it("on time: a loop ends within 50 ms of its deadline while the app's timer keeps ticking", async () => {
    const loop = await engine.loadImage(guestPath("loop"));
    await engine.run(loop, { limits: { timeoutMs: 20 } });
    await sleep(200); // the pool has replaced the worker that was killed
    const late: number[] = [];
    let ticks = 0;
    const timer = setInterval(() => ticks++, 10);
    // A machine that does other things may be late by any time, but not always.
    do {
      const result = await engine.run(loop, { limits: { timeoutMs: 300 } });
      expect(result).toMatchObject({ code: 137, reason: "timeout" });
      expect(result.detail).toContain("300 ms");
      late.push(result.durationMs - 300);
    } while (Math.min(...late) >= 50 && late.length < 10);
    clearInterval(timer);
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
    expect(Math.min(...late)).toBeLessThan(50);
    expect(ticks).toBeGreaterThan(15);
  });

  it("on time, also for a program that sleeps", async () => {
    const sleeper = await engine.loadImage(guestPath("sleep"));
    const result = await engine.run(sleeper, {
      args: ["10000"],
      grants: { clock: "real" },
      limits: { timeoutMs: 200 },
    });
    expect(result).toMatchObject({ code: 137, reason: "timeout" });
    expect(result.stdout.toString()).toBe("sleeping\n");
    expect(result.durationMs).toBeLessThan(250);
  });

  it("on memory: 1 GiB cannot be had under 64 MiB", async () => {
    const alloc = await engine.loadImage(guestPath("alloc"));
    const result = await engine.run(alloc, { limits: { memoryBytes: 64 * MiB } });
    expect(result).toMatchObject({ code: 0, reason: "exited" });
    expect(result.stdout.toString()).toMatch(/^got (5\d|6[0-3]) of 1024 MiB\n$/);
    expect(result.usage.memoryBytes).toBeLessThanOrEqual(64 * MiB);
    expect(result.usage.memoryBytes).toBeGreaterThan(50 * MiB);
  });

  it("on memory that a module declares to need", async () => {
    const alloc = await engine.loadImage(guestPath("alloc"));
    const result = await engine.run(alloc, { limits: { memoryBytes: 65_536 } });
    expect(result).toMatchObject({ code: 137, reason: "limit" });
    expect(result.detail).toContain("memoryBytes");
  });

  it("on the writable layer", async () => {
    const files = await engine.loadImage(guestPath("files"));
    const fill = (bytes: number) =>
      engine.run(files, { args: ["fill", "/big", String(bytes)], limits: { writableBytes: MiB } });
    expect((await fill(MiB)).code).toBe(0);
    const over = await fill(MiB + 1);
    expect([over.code, over.stderr.toString()]).toEqual([1, "fill /big: ENOSPC\n"]);
    const many = await engine.run(files, {
      args: ["write", "/a", "1", "then", "write", "/b", "1", "then", "mkdir", "/c"],
      limits: { writableFiles: 2 },
    });
    expect([many.code, many.stderr.toString()]).toEqual([1, "mkdir /c: ENOSPC\n"]);
  });

  it("on a memory mount", async () => {
    const files = await engine.loadImage(guestPath("files"));
    const result = await engine.run(files, {
      args: ["fill", "/tmp/big", String(2 * MiB)],
      grants: { fs: [{ type: "memory", target: "/tmp", maxBytes: MiB }] },
    });
    expect([result.code, result.stderr.toString()]).toEqual([1, "fill /tmp/big: ENOSPC\n"]);
  });

  it("on the size of a module", async () => {
    const hello = await engine.loadImage(guestPath("hello"));
    await expect(engine.run(hello, { limits: { moduleBytes: 100 } })).rejects.toMatchObject({
      code: "ERR_MODULE_TOO_LARGE",
      data: { limit: 100 },
    });
    expect((await engine.run(hello)).code).toBe(0);
    await expect(engine.run(hello, { limits: { moduleBytes: 100 } })).rejects.toMatchObject({
      code: "ERR_MODULE_TOO_LARGE",
    });
  });
});

describe("the end of a guest", () => {
  it.each([0, 1, 42, 255])("with proc_exit(%i) is its own, never the host's", async (code) => {
    const exit = await engine.loadImage(guestPath("exit"));
    expect(await engine.run(exit, { args: [String(code)] })).toMatchObject({
      code,
      reason: "exited",
    });
  });

  it("by a trap is 134, with the trap's name", async () => {
    const trap = await engine.loadImage(guestPath("trap"));
    const result = await engine.run(trap);
    expect(result).toMatchObject({ code: 134, reason: "trapped" });
    expect(result.detail).toContain("unreachable");
    expect(result.stdout.toString()).toBe("before\n");
  });

  it("leaves the next guest nothing", async () => {
    const [hello, trap, loop] = await Promise.all(
      ["hello", "trap", "loop"].map((name) => engine.loadImage(guestPath(name))),
    );
    for (let round = 0; round < 5; round++) {
      const runs = await Promise.all([
        engine.run(hello as never),
        engine.run(trap as never),
        engine.run(loop as never, { limits: { timeoutMs: 30 } }),
        engine.run(hello as never),
      ]);
      expect(runs.map(({ reason }) => reason)).toEqual(["exited", "trapped", "timeout", "exited"]);
      expect(runs[3]?.stdout.toString()).toBe("hello\n");
    }
  });
});

describe("clock and random bytes", () => {
  it("repeat exactly while the clock is frozen and the seed is given", async () => {
    const env = await engine.loadImage(guestPath("sleep"));
    const began = performance.now();
    const result = await engine.run(env, { args: ["5000"] });
    expect(result.stdout.toString()).toBe("sleeping\nwoke\n");
    expect(performance.now() - began).toBeLessThan(4000);
  });

  it("sleep for real with a real clock", async () => {
    const sleeper = await engine.loadImage(guestPath("sleep"));
    const result = await engine.run(sleeper, { args: ["150"], grants: { clock: "real" } });
    expect(result.durationMs).toBeGreaterThanOrEqual(149);
  });
});
