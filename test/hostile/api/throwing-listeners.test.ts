/** An app whose own listeners throw: it hears of that, and nothing here hangs or is lost. */
import type { Engine, Image } from "safedock";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { guestPath } from "../../engine/guests.js";
import { openTestEngine, type TestEngine } from "../../support/test-engine.js";

let fixture: TestEngine;
let engine: Engine;
let hello: Image;

/** What the app threw came to its own handler. */
let caught: string[] = [];
const keep = (error: unknown): void => {
  caught.push(error instanceof Error ? error.message : "");
};
const fail = (): never => {
  throw new Error("mine");
};
let others: NodeJS.UncaughtExceptionListener[] = [];

beforeAll(async () => {
  fixture = await openTestEngine();
  engine = fixture.engine;
  hello = await engine.loadImage(guestPath("hello"));
});

afterAll(() => fixture.close());

beforeEach(() => {
  caught = [];
  others = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", keep);
});

afterEach(() => {
  process.removeListener("uncaughtException", keep);
  for (const listener of others) process.on("uncaughtException", listener);
});

describe("a listener that throws", () => {
  test.each(["create", "start", "exit", "remove"] as const)("on %s", async (event) => {
    engine.on(event, fail);
    try {
      const container = await engine.createContainer(hello);
      const main = await container.start();
      expect(await main.wait()).toMatchObject({ reason: "exited", code: 0 });
      await container.remove();
    } finally {
      engine.off(event, fail);
    }
    expect(engine.inspect()).toMatchObject({ processes: 0, containers: [] });
    await expect.poll(() => caught).toEqual(["mine"]);
  });

  test("on the data of an output", async () => {
    const flood = await engine.loadImage(guestPath("flood"));
    await using container = await engine.createContainer(flood);
    const main = await container.start();
    main.stdout.on("data", fail);
    expect(await main.wait()).toMatchObject({ reason: "exited", code: 0 });
    await expect.poll(() => caught[0]).toBe("mine");
    const { code } = await engine.run(hello);
    expect(code).toBe(0);
  });
});
