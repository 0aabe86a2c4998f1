/** Guests that catch what is not for them, with the older form of exceptions and with the newer one. */
import { mkdirSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { build, call, EMPTY, END, EXIT, i32, LOOP } from "./build-module.js";
import { hostileGuest } from "./hostile-guest.js";
import { ModuleRunner } from "./module-runner.js";

let runner: ModuleRunner;

beforeAll(async () => {
  runner = await ModuleRunner.open();
});

afterAll(() => runner.close());

const guest = (name: string) => hostileGuest(`modules/${name}`);
const args = (count: number) => Array.from({ length: count - 1 }, () => "x");

test("catches-exit: the first exit counts, and no call works after it", async () => {
  const result = await runner.run(guest("catches-exit"));
  expect(result).toMatchObject({ reason: "exited", code: 7 });
  expect(result.stdout).toHaveLength(0);
});

test("catches-exit-and-traps: it had exited already", async () => {
  expect(await runner.outcome(guest("catches-exit-and-traps"))).toBe("exited 7");
});

test("catches-exit-and-loops: ends without a deadline, with the code that it gave", async () => {
  const result = await runner.engine.run(
    await runner.engine.loadImage(guest("catches-exit-and-loops")),
  );
  expect(result).toMatchObject({ reason: "exited", code: 7 });
});

test("catches-exit-in-start-function: its _start does nothing", async () => {
  const result = await runner.run(guest("catches-exit-in-start-function"));
  expect(result).toMatchObject({ reason: "exited", code: 7 });
  expect(result.stdout).toHaveLength(0);
});

describe("catches-traps", () => {
  test.each([
    [1, "unreachable"],
    [2, "a load outside of the memory"],
    [3, "a division by zero"],
    [4, "a call of nothing"],
    [5, "the end of the stack"],
  ])("%i: %s is not caught", async (which) => {
    expect(await runner.outcome(guest("catches-traps"), { args: args(which) })).toBe("trapped 134");
  });
});

describe("throws", () => {
  test("an exception that nobody catches is a trap", async () => {
    const result = await runner.run(guest("throws"));
    expect(result).toMatchObject({
      reason: "trapped",
      code: 134,
      detail: "uncaught exception of the guest",
    });
  });

  test("exceptions without end are ended by the deadline, and leave no memory behind", async () => {
    const limits = { timeoutMs: 300 };
    expect(await runner.outcome(guest("throws"), { args: args(2), limits })).toBe("timeout 137");
  });
});

describe("try_table, the newer form", () => {
  /** block; try_table (catch_all 0) … end; end */
  const guarded = (body: readonly number[]) => [
    ...[0x02, EMPTY, 0x1f, EMPTY, 1, 0x02, 0],
    ...body,
    ...[END, END],
  ];
  const known = WebAssembly.validate(build({ body: guarded([]) }));
  const exit = [...i32(7), ...call(0)];

  test.each<[string, readonly number[], string]>([
    ["an exit is not taken back", guarded(exit), "exited 7"],
    ["nor by a second one", [...guarded(exit), ...i32(9), ...call(0)], "exited 7"],
    ["nor by a trap", [...guarded(exit), 0x00], "exited 7"],
    ["nor by a loop", [...guarded(exit), ...LOOP], "exited 7"],
    ["a trap is not caught", guarded([0x00]), "trapped 134"],
    ["nor is the end of the stack", guarded(call(1)), "trapped 134"],
  ])("%s", async (_, body, expected) => {
    const module = build({ imports: [EXIT], body });
    expect(await runner.outcome(module)).toBe(known ? expected : "ERR_MODULE_INVALID");
  });
});

describe("overflows-in-host-call", () => {
  test("the host's code at the end of the stack ends the guest, and leaves no file open", async () => {
    const source = join(runner.folder, "mount");
    mkdirSync(source);
    const attempt = (depth: number) =>
      runner.outcome(guest("overflows-in-host-call"), {
        grants: {
          env: { D: "x".repeat(depth) },
          fs: [{ source, target: "/", access: "read-write" }],
        },
      });
    // Search the depth at which the call begins to fail.
    let fits = 1000;
    let fails = 1_000_000;
    expect(await attempt(fails)).toBe("trapped 134");
    while (fails - fits > 8) {
      const depth = Math.floor((fits + fails) / 2);
      const end = await attempt(depth);
      if (end === "exited 0") fits = depth;
      else {
        expect(end).toBe("trapped 134");
        fails = depth;
      }
    }
    for (let depth = fits - 4; depth < fits + 44; depth += 2) {
      expect(await attempt(depth)).toMatch(/^(?:exited 0|trapped 134)$/);
    }
    expect(openBelow(source)).toEqual([]);
    // The worker is as good as new.
    expect(await attempt(10)).toBe("exited 0");
  });
});

function openBelow(folder: string): string[] {
  return readdirSync("/proc/self/fd").flatMap((descriptor) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${descriptor}`);
      return target.startsWith(folder) ? [target] : [];
    } catch {
      return [];
    }
  });
}
