/** Very many processes at once: refused or held back, killed and aborted in the queue, and gone with the engine. */
import { isSafedockError } from "safedock";
import { afterEach, expect, test } from "vitest";
import { openTestEngine, type TestEngine } from "../../support/test-engine.js";
import { guestPath } from "../../engine/guests.js";

let fixture: TestEngine;

afterEach(() => fixture.close());

const outcome = (run: Promise<{ reason: string }>): Promise<string> =>
  run.then(
    ({ reason }) => reason,
    (error: unknown) => (isSafedockError(error) ? error.code : String(error)),
  );

function count(outcomes: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of outcomes) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

test("10,000 wait behind a loop: half are aborted, the others run once it is killed", async () => {
  fixture = await openTestEngine({ workers: 1, maxWorkers: 1 });
  const { engine } = fixture;
  const hello = await engine.loadImage(guestPath("hello"));
  await engine.run(hello);
  const loop = await engine.createContainer(await engine.loadImage(guestPath("loop")));
  const main = await loop.start();
  const controller = new AbortController();
  const runs = Array.from({ length: 10_000 }, (_, run) =>
    outcome(engine.run(hello, run % 2 === 0 ? { signal: controller.signal } : {})),
  );
  while (engine.inspect().processes < 10_001)
    await new Promise((resolve) => setTimeout(resolve, 5));
  controller.abort(new Error("enough"));
  const aborted = await Promise.all(runs.filter((_, run) => run % 2 === 0));
  expect(count(aborted)).toEqual({ "Error: enough": 5_000 });
  await main.kill();
  const others = await Promise.all(runs.filter((_, run) => run % 2 === 1));
  expect(count(others)).toEqual({ exited: 5_000 });
  expect(engine.inspect().processes).toBe(0);
});

test("more than maxQueued are refused; with whenReady none is", async () => {
  fixture = await openTestEngine({ workers: 1, maxWorkers: 1, maxQueued: 100 });
  const { engine } = fixture;
  const hello = await engine.loadImage(guestPath("hello"));
  const flood = await Promise.all(Array.from({ length: 3000 }, () => outcome(engine.run(hello))));
  const { exited = 0, ERR_QUEUE_FULL: refused = 0 } = count(flood);
  expect(exited + refused).toBe(3000);
  expect(refused).toBeGreaterThan(1000);

  const patient: Promise<string>[] = [];
  for (let run = 0; run < 3000; run++) {
    await engine.whenReady();
    patient.push(outcome(engine.run(hello)));
  }
  expect(count(await Promise.all(patient))).toEqual({ exited: 3000 });
  const together = Array.from({ length: 500 }, async () => {
    await engine.whenReady();
    return outcome(engine.run(hello));
  });
  expect(count(await Promise.all(together))).toEqual({ exited: 500 });
});

test("whenReady: who passes and starts nothing leaves the room to the next", async () => {
  fixture = await openTestEngine({ workers: 1, maxWorkers: 1, maxQueued: 3 });
  const { engine } = fixture;
  const passed = Array.from({ length: 50 }, () => engine.whenReady());
  await Promise.all(passed);
  expect(engine.inspect().processes).toBe(0);
});

test("whenReady: an abort and the engine's end release who waits", async () => {
  fixture = await openTestEngine({ workers: 1, maxWorkers: 1, maxQueued: 0 });
  const { engine } = fixture;
  const loop = await engine.loadImage(guestPath("loop"));
  await engine.whenReady();
  const running = outcome(engine.run(loop));
  const waiting = engine.whenReady();
  const reason = new Error("no longer");
  await expect(engine.whenReady({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  const controller = new AbortController();
  const aborted = engine.whenReady({ signal: controller.signal });
  controller.abort(reason);
  await expect(aborted).rejects.toBe(reason);
  const closed = waiting.catch((error: unknown) => error);
  await engine.close();
  expect(await closed).toMatchObject({ code: "ERR_ENGINE_CLOSED" });
  expect(["killed", "ERR_ENGINE_CLOSED"]).toContain(await running);
});

test("10,000 wait while the engine closes: all end", async () => {
  fixture = await openTestEngine({ workers: 1, maxWorkers: 2 });
  const { engine } = fixture;
  const loop = await engine.loadImage(guestPath("loop"));
  await engine.run(loop, { limits: { timeoutMs: 1 } });
  const runs = Array.from({ length: 9_000 }, () => outcome(engine.run(loop)));
  await new Promise((resolve) => setTimeout(resolve, 50));
  await engine.close();
  const counts = count(await Promise.all(runs));
  expect(Object.keys(counts).toSorted()).toEqual(
    ["ERR_ENGINE_CLOSED", "killed"].filter((name) => name in counts),
  );
});
