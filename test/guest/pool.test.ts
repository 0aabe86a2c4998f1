import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import { GuestPool, type GuestPoolOptions } from "../../dist/guest/pool.js";
import { compileFixture, guestSpec } from "./fixture.js";

const pools: GuestPool[] = [];
function openPool(options: GuestPoolOptions = {}): GuestPool {
  const pool = new GuestPool({ workers: 2, ...options });
  pools.push(pool);
  return pool;
}
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

describe("kill", () => {
  test("ends a running guest, its output up to then is kept", async () => {
    const pool = openPool();
    const guest = pool.start(
      guestSpec({ args: ["flood", "1", "1000000", "1000"] }),
      await compileFixture(pool, "flood"),
    );
    const exit = guest.wait();
    await new Promise((resolve) => setTimeout(resolve, 30));
    guest.kill();
    guest.kill();
    expect(await exit).toMatchObject({ code: 137, reason: "killed" });
    expect(guest.collected.stdout.length).toBeGreaterThan(0);
    const hello = pool.start(guestSpec(), await compileFixture(pool, "hello"));
    expect(await hello.wait()).toMatchObject({ code: 0 });
  });

  test("ends a guest that has not begun without harm to others", async () => {
    const pool = openPool({ workers: 1, maxWorkers: 1 });
    const loop = await compileFixture(pool, "loop");
    const hello = await compileFixture(pool, "hello");
    const first = pool.start(guestSpec(), loop);
    const guests = Array.from({ length: 20 }, () => pool.start(guestSpec(), hello));
    guests.forEach((guest, n) => n % 2 === 0 && guest.kill());
    first.kill();
    expect(await first.wait()).toMatchObject({ code: 137, reason: "killed" });
    const exits = await Promise.all(guests.map((guest) => guest.wait()));
    exits.forEach((exit, n) => expect(exit.reason).toBe(n % 2 === 0 ? "killed" : "exited"));
  });

  test("does not run again what has ended unseen before it", async () => {
    for (const end of ["kill", "close"] as const) {
      const pool = openPool({ workers: 1, maxWorkers: 1 });
      const hello = await compileFixture(pool, "hello");
      const loop = await compileFixture(pool, "loop");
      await pool.start(guestSpec(), hello).wait();
      const first = pool.start(guestSpec(), hello, { collect: true });
      const second = pool.start(guestSpec(), loop);
      const third = pool.start(guestSpec(), hello);
      const until = performance.now() + 50;
      while (performance.now() < until); // the event loop sees nothing of this
      if (end === "kill") second.kill();
      const closed = end === "close" ? pool.close() : undefined;
      expect(await first.wait()).toMatchObject({ code: 0, reason: "exited" });
      expect(first.collected.stdout.toString()).toBe("hello, world\n");
      expect(await second.wait()).toMatchObject({ code: 137, reason: "killed" });
      const last = await third.wait();
      expect(last).toMatchObject(end === "kill" ? { code: 0 } : { code: 137, durationMs: 0 });
      await closed;
    }
  });

  test("is safe at any moment", async () => {
    const pool = openPool();
    const modules = await Promise.all(
      ["hello", "loop", "cat", "flood"].map((name) => compileFixture(pool, name)),
    );
    for (let round = 0; round < 60; round++) {
      const module = modules[round % modules.length];
      if (module === undefined) throw new Error("no module");
      const guest = pool.start(
        guestSpec({ args: ["x", "1", "1000", "1000"], timeoutMs: 5000 }),
        module,
        round % 3 === 0 ? { stdin: "stream" } : {},
      );
      const exit = guest.wait();
      const until = performance.now() + (round % 10) * 0.3;
      if (round % 2 === 0) await new Promise((resolve) => setTimeout(resolve, round % 7));
      else while (performance.now() < until);
      guest.kill();
      expect(["killed", "exited"]).toContain((await exit).reason);
    }
    const hello = pool.start(guestSpec(), await compileFixture(pool, "hello"));
    expect(await hello.wait()).toMatchObject({ code: 0 });
    expect(pool.inFlight).toBe(0);
  });
});

describe("workers", () => {
  test("are added for guests behind long ones", async () => {
    const pool = openPool({ workers: 1, maxWorkers: 4 });
    const loop = await compileFixture(pool, "loop");
    const hello = await compileFixture(pool, "hello");
    const loops = [pool.start(guestSpec(), loop), pool.start(guestSpec(), loop)];
    const behind = Array.from({ length: 5 }, () => pool.start(guestSpec(), hello));
    for (const guest of behind) expect(await guest.wait()).toMatchObject({ code: 0 });
    expect(pool.workers).toBeLessThanOrEqual(4);
    for (const guest of loops) guest.kill();
    for (const guest of loops) expect(await guest.wait()).toMatchObject({ reason: "killed" });
  });

  test("are not added beyond the limit; the queue has one too", async () => {
    const pool = openPool({ workers: 1, maxWorkers: 1, maxQueued: 3 });
    const loop = await compileFixture(pool, "loop");
    pool.start(guestSpec(), loop);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const full = (): void => {
      for (let n = 0; n < 20; n++) pool.start(guestSpec(), loop);
    };
    expect(full).toThrow(expect.objectContaining({ code: "ERR_QUEUE_FULL", data: { limit: 3 } }));
    expect(pool.workers).toBe(1);
  });

  test("end with the pool, and their guests as killed", async () => {
    const pool = openPool();
    const loop = await compileFixture(pool, "loop");
    const guests = Array.from({ length: 30 }, () => pool.start(guestSpec(), loop));
    const exits = Promise.all(guests.map((guest) => guest.wait()));
    await Promise.all([pool.close(), pool.close()]);
    for (const exit of await exits) expect(exit).toMatchObject({ code: 137, reason: "killed" });
    expect(() => pool.start(guestSpec(), loop)).toThrow(
      expect.objectContaining({ code: "ERR_ENGINE_CLOSED" }),
    );
  });
});

describe("an app", () => {
  const run = async (body: string) => {
    const at = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
    const script = `
      const { GuestPool } = await import(${at("../../dist/guest/pool.js")});
      const { readFileSync } = await import("node:fs");
      const pool = new GuestPool();
      const load = (name) => pool.compile({
        bytes: readFileSync(new URL(name + ".wasm", ${at("./fixtures/")})), key: name, name });
      const spec = { args: ["x"], env: [], mounts: [], clock: { kind: "frozen", startMs: 0 },
        random: { kind: "secure" }, limits: { openFiles: 8 }, memoryBytes: 2 ** 24 };
      ${body}`;
    const args = ["--input-type=module", "-e", script];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 10_000 });
    return stdout;
  };

  test("that forgets the pool and a running guest ends by itself", async () => {
    expect(await run(`pool.start(spec, await load("loop")); console.log("end");`)).toBe("end\n");
  });

  test("that waits for a guest goes on until it has ended", async () => {
    const out = await run(`
      const guest = pool.start({ ...spec, timeoutMs: 100 }, await load("loop"));
      guest.wait().then((exit) => console.log(exit.reason));`);
    expect(out).toBe("timeout\n");
  });

  test("that reads a guest's output goes on until its end", async () => {
    const out = await run(`
      const guest = pool.start(spec, await load("hello"));
      for await (const line of guest.stdout.lines()) console.log(line);`);
    expect(out).toBe("hello, world\n");
  });

  test("that has closed the pool has nothing left open", async () => {
    const out = await run(`
      const guest = pool.start(spec, await load("loop"));
      await guest.constructor;
      await pool.close();
      setImmediate(() => console.log(JSON.stringify(process.getActiveResourcesInfo()
        .filter((name) => name !== "Immediate" && !/TTY|Pipe/.test(name)))));`);
    expect(out).toBe("[]\n");
  });
});
