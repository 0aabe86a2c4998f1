/** How calls of a component's functions are queued, bounded and ended. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { endOf, kindsIn, rejection } from "./kinds.js";

let fixture: TestEngine;

beforeAll(async () => {
  fixture = await openTestEngine();
});

afterAll(() => fixture.close());

describe("an instance", () => {
  it("serves calls one after the other, in their order", async () => {
    await using container = await kindsIn(fixture.engine);
    const counts = await Promise.all(Array.from({ length: 20 }, () => container.call("count")));
    expect(counts).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(container.stats().processes).toBe(1);
  });

  it("is made anew after a trap, and what waited is called there", async () => {
    await using container = await kindsIn(fixture.engine);
    const [first, trapped, ...rest] = [
      container.call("count"),
      endOf(container.call("trap")),
      container.call("count"),
      container.call("count"),
    ];
    expect(await first).toBe(1);
    expect(await trapped).toMatchObject({ reason: "trapped", code: 134 });
    expect(await Promise.all(rest)).toEqual([1, 2]);
  });

  it("is killed with its container, and so are the calls that wait", async () => {
    const container = await kindsIn(fixture.engine);
    const ends = [endOf(container.call("spin")), endOf(container.call("count"))];
    while (container.stats().processes === 0) await sleep(5);
    await sleep(50);
    await container.kill();
    for (const end of ends) expect(await end).toMatchObject({ reason: "killed", code: 137 });
    expect(await container.call("count")).toBe(1);
    await container.remove();
    expect(await rejection(container.call("count"))).toMatchObject({ code: "ERR_CONTAINER_STATE" });
  });

  it("that has nothing to do ends by stop as a program does", async () => {
    await using container = await kindsIn(fixture.engine);
    await container.call("count");
    expect(await container.stop()).toMatchObject({ reason: "exited", code: 0 });
    expect(await container.call("count")).toBe(1);
  });

  it("that is busy is killed by stop when its time is over", async () => {
    await using container = await kindsIn(fixture.engine);
    await container.call("count");
    const end = endOf(container.call("spin"));
    expect(await container.stop({ graceMs: 50 })).toMatchObject({ reason: "killed" });
    expect(await end).toMatchObject({ reason: "killed" });
  });

  it("that has nothing to do does not keep its container from being removed", async () => {
    const container = await kindsIn(fixture.engine);
    await container.call("count");
    await container.remove();
    const busy = await kindsIn(fixture.engine);
    await busy.call("count");
    const end = endOf(busy.call("spin"));
    expect(await rejection(busy.remove())).toMatchObject({ code: "ERR_CONTAINER_STATE" });
    await busy.remove({ force: true });
    expect(await end).toMatchObject({ reason: "killed" });
  });

  it("waits for a worker when all have one that stays", async () => {
    const small = await openTestEngine({ workers: 1, maxWorkers: 2 });
    try {
      const [one, two, three] = await Promise.all([1, 2, 3].map(() => kindsIn(small.engine)));
      await Promise.all([one?.call("count"), two?.call("count")]);
      const waiting = three?.call("count");
      expect(await Promise.race([waiting, sleep(200, "waits")])).toBe("waits");
      await one?.remove();
      expect(await waiting).toBe(1);
    } finally {
      await small.close();
    }
  });

  it("does not hold up programs that run meanwhile", async () => {
    const small = await openTestEngine({ workers: 1, maxWorkers: 4 });
    try {
      const container = await kindsIn(small.engine);
      await container.call("count");
      const hello = await small.engine.loadImage(
        fileURLToPath(new URL("../guests/c/binary-output.wasm", import.meta.url)),
      );
      for (let run = 0; run < 3; run++) {
        expect(await small.engine.run(hello)).toMatchObject({ code: 0 });
        expect(await container.call("count")).toBe(run + 2);
      }
    } finally {
      await small.close();
    }
  });
});

describe("limits", () => {
  it("timeoutMs holds for each call, and not between them", async () => {
    await using container = await kindsIn(fixture.engine, { limits: { timeoutMs: 400 } });
    expect(await container.call("count")).toBe(1);
    await sleep(600);
    expect(await container.call("count")).toBe(2);
    const status = await endOf(container.call("spin"));
    expect(status).toMatchObject({ reason: "timeout", limit: "timeoutMs", code: 137 });
    expect(await container.call("count")).toBe(1);
  });

  it("cpuMs holds for each call", async () => {
    await using container = await kindsIn(fixture.engine, { limits: { cpuMs: 200 } });
    for (let call = 1; call <= 5; call++) {
      expect(await container.call("count")).toBe(call);
      await sleep(60);
    }
    expect(await endOf(container.call("spin"))).toMatchObject({ reason: "limit", limit: "cpuMs" });
  });

  it("memoryBytes holds for all core instances together", async () => {
    await using container = await kindsIn(fixture.engine, { limits: { memoryBytes: 2 ** 20 } });
    expect(await container.call("grow", 1)).toBe(true);
    expect(await container.call("grow", 100)).toBe(false);
    await container.stop();
    await using small = await kindsIn(fixture.engine, { limits: { memoryBytes: 65_536 } });
    expect(await endOf(small.call("count"))).toMatchObject({
      reason: "limit",
      limit: "memoryBytes",
    });
  });

  it("of how many calls may wait", async () => {
    await using container = await kindsIn(fixture.engine);
    await container.call("count");
    const calls = Array.from({ length: 10_001 }, () => container.call("add", 1, 2));
    const failed = (await Promise.allSettled(calls)).filter(({ status }) => status === "rejected");
    expect(failed).toHaveLength(1);
    expect(failed[0]).toMatchObject({
      reason: { code: "ERR_QUEUE_FULL", data: { limit: 10_000 } },
    });
  });
});

describe("an app", () => {
  it("ends although an instance waits for calls, and not while a call runs", async () => {
    const script = `
      const { openEngine } = await import(process.argv[1]);
      const engine = await openEngine({ root: process.argv[2] });
      const container = await engine.createContainer(await engine.loadImage(process.argv[3]));
      console.log(await container.call("greet", "one"));
      container.call("greet", "two").then(console.log);
    `;
    const library = fileURLToPath(new URL("../../dist/index.js", import.meta.url));
    const greet = fileURLToPath(new URL("../guests/components/greet.wasm", import.meta.url));
    const args = ["--input-type=module", "-e", script, library, `${fixture.folder}/ends`, greet];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    expect(stdout).toBe("Hello, one!\nHello, two!\n");
  });

  it("that closes its engine ends what waits", async () => {
    const other = await openTestEngine();
    const container = await kindsIn(other.engine);
    await container.call("count");
    const end = rejection(container.call("spin"));
    await sleep(50);
    await other.close();
    expect(await end).toMatchObject({ code: "ERR_CALL_TRAPPED" });
  });
});
