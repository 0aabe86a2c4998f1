/** An app that is done ends, whatever its guests do; one that ends in the middle leaves nothing for good. */
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { openEngine } from "safedock";
import { describe, expect, test } from "vitest";
import { expectCleanStore } from "../../support/verify-clean.js";
import { runProgram, withFolder, type ProgramEnd } from "./run-program.js";

/** A process that is still there after this hangs. */
const TIMEOUT_MS = 60_000;

/** Runs the app with a temporary folder of its own, and looks at what it leaves on the disk. */
async function leave(way: string): Promise<ProgramEnd> {
  return withFolder(async (folder) => {
    const temporary = join(folder, "tmp");
    await mkdir(temporary);
    const end = await runProgram("leaving-app", [way, folder], TIMEOUT_MS, { TMPDIR: temporary });
    expect(await readdir(temporary)).toEqual([]);
    if (way !== "import") await expectSwept(join(folder, "store"));
    return end;
  });
}

/** The next engine removes what was left, and can use the store. */
async function expectSwept(root: string): Promise<void> {
  await using engine = await openEngine({ root });
  expect(await readdir(join(root, "containers"))).toEqual([]);
  for (const { digest } of await engine.images.list()) await engine.images.remove(digest);
  await engine.prune();
  expect((await engine.images.list()).length).toBe(0);
  await expectCleanStore(root);
}

describe("the app ends by itself with", () => {
  test.each([
    "import",
    "open",
    "open twice",
    "close",
    "run",
    "busy guests",
    "a started guest of the default engine",
    "streams that nobody reads",
    "listeners for events",
    "a signal that never fires",
    "a deadline far away",
  ])("%s", { timeout: 2 * TIMEOUT_MS }, async (way) => {
    const { ms: _ms, ...end } = await leave(way);
    expect(end).toMatchObject({ code: 0, signal: null, stdout: "left\n", stderr: "" });
  });

  test("a run that nobody awaits, after its deadline", { timeout: 2 * TIMEOUT_MS }, async () => {
    const end = await leave("a run that nobody awaits");
    expect(end).toMatchObject({ code: 0, stdout: "left\ntimeout\n", stderr: "" });
  });
});

describe("the app ends in the middle by", () => {
  test.each([
    ["process.exit", 3],
    ["process.exit in a callback", 4],
  ])("%s", { timeout: 2 * TIMEOUT_MS }, async (way, code) => {
    expect(await leave(way)).toMatchObject({ code, signal: null, stderr: "" });
  });

  test.each(["an exception", "an exception in a callback"])(
    "%s",
    { timeout: 2 * TIMEOUT_MS },
    async (way) => {
      const end = await leave(way);
      expect(end).toMatchObject({ code: 1, signal: null });
      expect(end.stderr).toContain("of the app");
    },
  );

  test.each([
    ["SIGTERM", "SIGTERM"],
    ["SIGINT", "SIGINT"],
    ["SIGKILL", "SIGKILL"],
  ])("%s", { timeout: 2 * TIMEOUT_MS }, async (way, signal) => {
    expect(await leave(way)).toMatchObject({ code: null, signal });
  });
});
