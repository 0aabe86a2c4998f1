import { describe, expect, test } from "vitest";
import { guestPath } from "../engine/guests.js";
import { openTestEngine } from "../support/test-engine.js";

describe("maxContainers", () => {
  test("refuses one more, until one is removed", async () => {
    const fixture = await openTestEngine({ maxContainers: 2 });
    const { engine } = fixture;
    const image = await engine.loadImage(guestPath("hello"));
    const first = await engine.createContainer(image);
    const second = await engine.createContainer(image);
    await expect(engine.createContainer(image)).rejects.toMatchObject({
      code: "ERR_TOO_MANY_CONTAINERS",
      data: { limit: 2 },
    });
    // Runs are no containers.
    expect(await engine.run(image)).toMatchObject({ code: 0 });
    await first.remove();
    await (await engine.createContainer(image)).remove();
    await second.remove();
    await fixture.close();
  });
});

describe("maxQueued: 0", () => {
  test("runs what finds a worker, and refuses the rest", async () => {
    const fixture = await openTestEngine({ workers: 1, maxWorkers: 1, maxQueued: 0 });
    const { engine } = fixture;
    const loop = await engine.loadImage(guestPath("loop"));
    const hello = await engine.loadImage(guestPath("hello"));
    expect(await engine.run(hello)).toMatchObject({ code: 0 });
    await using container = await engine.createContainer(loop);
    const main = await container.start();
    await new Promise((resolve) => setTimeout(resolve, 100));
    await expect(engine.run(hello)).rejects.toMatchObject({ code: "ERR_QUEUE_FULL" });
    await main.kill();
    await engine.whenReady();
    expect(await engine.run(hello)).toMatchObject({ code: 0 });
    await fixture.close();
  });
});

test("one signal serves very many runs, without a warning", async () => {
  const fixture = await openTestEngine();
  const { engine } = fixture;
  const hello = await engine.loadImage(guestPath("hello"));
  const controller = new AbortController();
  const { signal } = controller;
  const runs = await Promise.all(Array.from({ length: 200 }, () => engine.run(hello, { signal })));
  expect(runs.every(({ code }) => code === 0)).toBe(true);
  const loop = await engine.loadImage(guestPath("loop"));
  const reason = new Error("all of you");
  const loops = Array.from({ length: 3 }, () =>
    engine.run(loop, { signal }).catch((error: unknown) => error),
  );
  setTimeout(() => controller.abort(reason), 50);
  expect(await Promise.all(loops)).toEqual([reason, reason, reason]);
  await fixture.close();
});
