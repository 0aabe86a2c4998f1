/** What a process has used is known however it ends, and the status names the limit that ended it. */
import type { ExitStatus, Image, RunOptions } from "safedock";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestEngine, type TestEngine } from "../../support/test-engine.js";
import { hostileGuest } from "./hostile-guest.js";

const MiB = 2 ** 20;

let fixture: TestEngine;
let image: Image;

beforeAll(async () => {
  fixture = await openTestEngine();
  image = await hostileGuest(fixture.engine, "uses-then");
});

afterAll(() => fixture.close());

function run(end: string, limits: RunOptions["limits"]): Promise<ExitStatus> {
  return fixture.engine.run(image, { args: [end], stdin: "abcde", limits: { ...limits } });
}

function expectUse({ usage, durationMs }: ExitStatus): void {
  expect(usage).toMatchObject({ readBytes: 5, writtenBytes: 3, wallMs: durationMs });
  expect(usage.hostCalls).toBeGreaterThanOrEqual(102);
  expect(usage.hostCalls).toBeLessThan(130);
  expect(usage.memoryBytes).toBeGreaterThan(8 * MiB);
  expect(usage.memoryBytes).toBeLessThan(10 * MiB);
  expect(usage.cpuMs).toBeGreaterThan(0);
  expect(usage.cpuMs).toBeLessThanOrEqual(durationMs);
}

describe("uses-then", () => {
  test.each([
    ["exit", {}, { code: 0, reason: "exited" }],
    ["trap", {}, { code: 134, reason: "trapped" }],
    ["loop", { timeoutMs: 300 }, { code: 137, reason: "timeout", limit: "timeoutMs" }],
    ["loop", { cpuMs: 100 }, { code: 137, reason: "limit", limit: "cpuMs" }],
  ] as const)("%s %o", async (end, limits, expected) => {
    const status = await run(end, limits);
    expect(status).toMatchObject(expected);
    if (!("limit" in expected)) expect(status.limit).toBeUndefined();
    expectUse(status);
  });

  test("killed in a loop, and killed while it waits for its input", async () => {
    for (const end of ["loop", "block"]) {
      await using container = await fixture.engine.createContainer(image, { args: [end] });
      const main = await container.start();
      main.stdin.write("abcde");
      // It has come to its end when this is there.
      for await (const chunk of main.stdout) {
        expect(String(chunk)).toBe("abc");
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
      await main.kill();
      const status = await main.wait();
      expect(status).toMatchObject({ code: 137, reason: "killed" });
      expect(status.limit).toBeUndefined();
      expectUse(status);
    }
  });

  test("grow: the peak is what the limit allowed, seen at its last call of the host", async () => {
    const memoryBytes = 32 * MiB;
    const status = await run("grow", { memoryBytes, timeoutMs: 1_000 });
    expect(status).toMatchObject({ reason: "timeout", limit: "timeoutMs" });
    expect(status.usage.memoryBytes).toBeGreaterThan(31 * MiB);
    expect(status.usage.memoryBytes).toBeLessThanOrEqual(memoryBytes);
  });

  test("a memory that a module wants at its start is a limit that ends it", async () => {
    const status = await run("exit", { memoryBytes: 65_536 });
    expect(status).toMatchObject({ code: 137, reason: "limit", limit: "memoryBytes" });
    expect(status.usage).toMatchObject({ memoryBytes: 0, hostCalls: 0, readBytes: 0 });
  });
});
