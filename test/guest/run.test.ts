import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GuestPool } from "../../dist/guest/pool.js";
import { isSafedockError } from "../../dist/base/errors.js";
import type { GuestIo } from "../../dist/guest/guest.js";
import type { GuestSpec } from "../../dist/guest/guest-spec.js";
import { compileFixture, guestSpec } from "./fixture.js";
import { moduleBytes } from "../wasm/module-bytes.js";

let pool: GuestPool;
beforeAll(() => {
  pool = new GuestPool({ workers: 2 });
});
afterAll(() => pool.close());

async function run(name: string, spec: Partial<GuestSpec> = {}, io: GuestIo = {}) {
  const guest = pool.start(guestSpec(spec), await compileFixture(pool, name), {
    collect: true,
    ...io,
  });
  const exit = await guest.wait();
  const { stdout, stderr, stdoutTruncated, stderrTruncated } = guest.collected;
  return {
    ...exit,
    stdout: stdout.toString(),
    stderr: stderr.toString(),
    stdoutTruncated,
    stderrTruncated,
  };
}

describe("a run", () => {
  test("gives output, code and usage", async () => {
    const result = await run("hello");
    expect(result).toMatchObject({
      code: 0,
      reason: "exited",
      stdout: "hello, world\n",
      stderr: "",
    });
    expect(result.usage).toMatchObject({ memoryBytes: 131_072, writtenBytes: 13, hostCalls: 1 });
    expect(result.detail).toBeUndefined();
    expect(result.durationMs).toBeGreaterThan(0);
    expect(result.durationMs).toBeLessThan(1000);
  });

  test("passes arguments and environment, also beyond ASCII and beyond a slot", async () => {
    const long = "é".repeat(10_000);
    const result = await run("args", { args: ["a", "ü 漢 \u{1f600}", long], env: ["NAME=Ada"] });
    expect(result.code).toBe(3);
    expect(result.stdout).toBe(`arg a\narg ü 漢 \u{1f600}\narg ${long}\nenv NAME=Ada\n`);
  });

  test("reads stdin given as bytes, small and large", async () => {
    for (const size of [0, 5, 7000, 300_000]) {
      const bytes = Buffer.alloc(size, "0123456789");
      const result = await run("cat", {}, { stdin: bytes });
      expect(result.stdout === bytes.toString()).toBe(true);
      expect(result.usage.readBytes).toBe(size);
    }
  });

  test("calls an exported function in place of _start, _initialize first", async () => {
    const result = await run("reactor", { entry: "work" });
    expect(result).toMatchObject({ code: 0, reason: "exited", stdout: "begin\nwork\n" });
  });

  test("refuses an entry that the module does not export", async () => {
    const module = await compileFixture(pool, "hello");
    expect(() => pool.start(guestSpec({ entry: "none" }), module)).toThrow(
      expect.objectContaining({ code: "ERR_MODULE_INVALID" }),
    );
  });

  test("says what trapped", async () => {
    expect(await run("trap")).toMatchObject({
      code: 134,
      reason: "trapped",
      detail: "unreachable",
      stdout: "before\n",
    });
    const deep = await run("deep");
    expect(deep).toMatchObject({ code: 134, reason: "trapped" });
    expect(deep.detail).toContain("call stack");
    expect(await run("hello")).toMatchObject({ code: 0 });
  });

  test("gives no memory above the limit", async () => {
    const result = await run("alloc", { memoryBytes: 64 * 2 ** 20 });
    expect(result).toMatchObject({ code: 64, reason: "exited" });
    expect(result.usage.memoryBytes).toBe(64 * 2 ** 20);
  });

  test("ends a guest whose first memory exceeds the limit", async () => {
    const result = await run("hello", { memoryBytes: 65_536 });
    expect(result).toMatchObject({ code: 137, reason: "limit", stdout: "" });
    expect(result.detail).toContain("memoryBytes");
  });

  test("shows no byte of the former guest", async () => {
    for (let round = 0; round < 50; round++) {
      expect(await run("residue")).toMatchObject({ code: 0, reason: "exited" });
    }
  });

  test("fails with the mount's error when a mount is not there", async () => {
    const mount = { type: "bind", target: "/x", source: "/no/such", access: "read-only" } as const;
    await expect(run("hello", { mounts: [mount] })).rejects.toSatisfy((error: unknown) =>
      isSafedockError(error, "ERR_MOUNT_UNAVAILABLE"),
    );
    expect(await run("hello")).toMatchObject({ code: 0 });
  });

  test("runs 1,000 at once, each with its own output", async () => {
    const module = await compileFixture(pool, "args");
    const guests = Array.from({ length: 1000 }, (_, n) =>
      pool.start(guestSpec({ args: [`number ${n}`] }), module, { collect: true }),
    );
    const exits = await Promise.all(guests.map((guest) => guest.wait()));
    expect(exits.every(({ code }) => code === 1)).toBe(true);
    guests.forEach((guest, n) => {
      expect(guest.collected.stdout.toString()).toBe(`arg number ${n}\n`);
    });
    expect(pool.inFlight).toBe(0);
  });

  test("ends a program that catches its own exit with the code it gave", async () => {
    const module = await pool.compile({
      bytes: moduleBytes.swallowExit(7),
      key: "swallow",
      name: "s",
    });
    const before = performance.now();
    const exit = await pool.start(guestSpec(), module).wait();
    expect(exit).toMatchObject({ code: 7, reason: "exited" });
    expect(performance.now() - before).toBeLessThan(1000);
  });
});

describe("a time limit", () => {
  test("ends a loop while the app's timers tick", async () => {
    const module = await compileFixture(pool, "loop");
    let ticks = 0;
    const ticker = setInterval(() => ticks++, 10);
    const before = performance.now();
    const exit = await pool.start(guestSpec({ timeoutMs: 300 }), module).wait();
    clearInterval(ticker);
    expect(exit).toMatchObject({ code: 137, reason: "timeout" });
    expect(exit.detail).toContain("300 ms");
    expect(performance.now() - before).toBeGreaterThanOrEqual(300);
    expect(exit.durationMs).toBeGreaterThanOrEqual(300);
    expect(exit.durationMs).toBeLessThan(600);
    expect(ticks).toBeGreaterThan(10);
  });

  test("counts from the first instruction, not from the queue", async () => {
    const small = new GuestPool({ workers: 1, maxWorkers: 1 });
    const loop = await compileFixture(small, "loop");
    const hello = await compileFixture(small, "hello");
    const first = small.start(guestSpec({ timeoutMs: 200 }), loop);
    const behind = small.start(guestSpec({ timeoutMs: 100 }), hello);
    expect(await first.wait()).toMatchObject({ reason: "timeout" });
    expect(await behind.wait()).toMatchObject({ reason: "exited", code: 0 });
    await small.close();
  });

  test("ends a guest that sleeps", async () => {
    const result = await run("sleep", {
      args: ["sleep", "60000"],
      clock: { kind: "real" },
      timeoutMs: 100,
    });
    expect(result).toMatchObject({ code: 137, reason: "timeout" });
  });
});
