/** A deadline, a kill and an abort end a process wherever it waits. */
import type { Image } from "safedock";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestEngine, type TestEngine } from "../../support/test-engine.js";
import { hostileGuest } from "./hostile-guest.js";

let fixture: TestEngine;
let image: Image;

beforeAll(async () => {
  fixture = await openTestEngine();
  image = await hostileGuest(fixture.engine, "blocks");
});

afterAll(() => fixture.close());

describe.each(["sleep", "stdin", "poll", "stdout", "stderr"])("blocks in %s", (where) => {
  const create = (timeoutMs?: number) =>
    fixture.engine.createContainer(image, {
      args: [where],
      grants: { clock: "real" },
      limits: timeoutMs === undefined ? {} : { timeoutMs },
    });

  test("until its deadline", async () => {
    await using container = await create(150);
    const main = await container.start();
    // Nobody reads and nobody waits, so that its outputs stand still when they are full.
    while (!main.over) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(main.status).toMatchObject({ reason: "timeout", limit: "timeoutMs", code: 137 });
    expect(main.status?.durationMs).toBeGreaterThanOrEqual(150);
    // It has waited nearly all the time.
    expect(main.status?.usage.cpuMs).toBeLessThan((main.status?.durationMs ?? 0) / 2 + 40);
  });

  test("until it is killed", async () => {
    await using container = await create();
    const main = await container.start();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(main.over).toBe(false);
    await main.kill();
    expect(main.status).toMatchObject({ reason: "killed", code: 137 });
  });

  test("until its signal says so", async () => {
    await using container = await create();
    const main = await container.start({ signal: AbortSignal.timeout(60) });
    while (!main.over) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(main.status).toMatchObject({ reason: "killed", code: 137 });
  });
});
