/** Guests that attack the limit of their tables. */
import { type Engine } from "safedock";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestEngine, type TestEngine } from "../../support/test-engine.js";
import { hostileGuest } from "./hostile-guest.js";

let fixture: TestEngine;
let engine: Engine;

beforeAll(async () => {
  fixture = await openTestEngine({ workers: 1 });
  engine = fixture.engine;
});

afterAll(() => fixture.close());

async function elements(tableElements?: number): Promise<number> {
  const image = await engine.loadImage(hostileGuest("modules/tables-grow"));
  const limits = { timeoutMs: 20_000, ...(tableElements === undefined ? {} : { tableElements }) };
  const { reason, code } = await engine.run(image, { limits });
  expect(reason).toBe("exited");
  return code;
}

describe("tables-grow", () => {
  test("gets a million elements in all by default", async () => {
    const got = await elements();
    expect(got).toBeLessThanOrEqual(1_000_000);
    expect(got).toBeGreaterThan(600_000);
  });

  test.each([100, 101, 1_000, 250_000])("stays within a limit of %i", async (limit) => {
    const got = await elements(limit);
    expect(got).toBeLessThanOrEqual(limit);
    expect(got).toBeGreaterThanOrEqual(Math.min(limit, 100 + Math.floor((limit - 100) / 3) * 2));
  });

  test("is refused when it begins with more than the limit", async () => {
    await expect(elements(99)).rejects.toMatchObject({ code: "ERR_MODULE_INVALID" });
  });
});
