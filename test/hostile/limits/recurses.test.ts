/** A guest that goes deeper than the stack is trapped; its worker runs the next one. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestEngine, type TestEngine } from "../../support/test-engine.js";
import { guestPath } from "../../engine/guests.js";
import { hostileGuest } from "./hostile-guest.js";

let fixture: TestEngine;

beforeAll(async () => {
  fixture = await openTestEngine({ workers: 1, maxWorkers: 1 });
});

afterAll(() => fixture.close());

test.each(["plain", "mutual", "host"])("recurses %s", async (how) => {
  const { engine } = fixture;
  const image = await hostileGuest(engine, "recurses");
  const hello = await engine.loadImage(guestPath("hello"));
  for (let round = 0; round < 3; round++) {
    const status = await engine.run(image, { args: [how], limits: { timeoutMs: 20_000 } });
    expect(status).toMatchObject({ code: 134, reason: "trapped", limit: "stack" });
    expect(status.detail).toContain("call stack");
    expect(await engine.run(hello)).toMatchObject({ code: 0, reason: "exited" });
  }
});

test("recurses big: its own stack in the linear memory ends first, in a trap", async () => {
  const image = await hostileGuest(fixture.engine, "recurses");
  const status = await fixture.engine.run(image, { args: ["big"] });
  expect(status).toMatchObject({ code: 134, reason: "trapped" });
});

test("recurses-and-catches: whatever it catches, it ends and the next guest runs", async () => {
  const { engine } = fixture;
  const image = await hostileGuest(engine, "recurses-and-catches");
  const status = await engine.run(image, { limits: { timeoutMs: 5_000 } });
  expect(["exited", "trapped"]).toContain(status.reason);
  const hello = await engine.loadImage(guestPath("hello"));
  expect(await engine.run(hello)).toMatchObject({ code: 0 });
});
