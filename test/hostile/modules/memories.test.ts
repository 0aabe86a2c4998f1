/** Guests that attack the limit of their memories, of each kind that there is. */
import { isSafedockError, type Engine, type RunOptions, type RunResult } from "safedock";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestEngine, type TestEngine } from "../../support/test-engine.js";
import { hostileGuest, memory64, severalMemories } from "./hostile-guest.js";

const PAGE = 65_536;
const LIMIT_PAGES = 100;

let fixture: TestEngine;
let engine: Engine;

beforeAll(async () => {
  fixture = await openTestEngine({ workers: 1 });
  engine = fixture.engine;
});

afterAll(() => fixture.close());

async function run(name: string, options: RunOptions = {}): Promise<RunResult> {
  const image = await engine.loadImage(hostileGuest(`modules/${name}`));
  return engine.run(image, {
    limits: { memoryBytes: LIMIT_PAGES * PAGE, timeoutMs: 20_000 },
    ...options,
  });
}

describe.each([
  ["memory-grows"],
  ["memory-grows-wildly"],
  ["memory-imported"],
  ["memory-shared"],
  ...(memory64 ? [["memory-of-64-bits"]] : []),
])("%s", (name) => {
  test("gets all that memoryBytes allows, and not a page more", async () => {
    const result = await run(name);
    expect(result).toMatchObject({ reason: "exited", code: LIMIT_PAGES });
    expect(result.usage.memoryBytes).toBe(LIMIT_PAGES * PAGE);
  });

  test("gets less under another limit, with the same module", async () => {
    const { code } = await run(name, { limits: { memoryBytes: 10 * PAGE + 1 } });
    expect(code).toBe(10);
  });

  test("does not start when the limit is below what it begins with", async () => {
    const { reason, limit, detail } = await run(name, { limits: { memoryBytes: PAGE - 1 } });
    expect({ reason, limit }).toEqual({ reason: "limit", limit: "memoryBytes" });
    expect(detail).toContain("memoryBytes");
  });
});

test("memories-several: all together stay within the limit, where Node has several", async () => {
  if (!severalMemories) return expect(await refusal("memories-several")).toBe("ERR_MODULE_INVALID");
  const { reason, code, usage } = await run("memories-several");
  expect({ reason, code }).toEqual({ reason: "exited", code: LIMIT_PAGES });
  expect(usage.memoryBytes).toBe(LIMIT_PAGES * PAGE);
});

test("memory-of-64-bits: refused where Node cannot make it", async () => {
  expect(await refusal("memory-of-64-bits")).toBe(memory64 ? "exited" : "ERR_MODULE_INVALID");
});

test("memory-imported-writes: the host's calls see the memory that it made", async () => {
  const { code, stdout } = await run("memory-imported-writes");
  expect([code, stdout.toString()]).toEqual([0, "from an imported memory"]);
});

test("memory-exported-is-another: the exported one counts", async () => {
  if (!severalMemories) {
    return expect(await refusal("memory-exported-is-another")).toBe("ERR_MODULE_INVALID");
  }
  const { code, stdout } = await run("memory-exported-is-another");
  expect([code, stdout.toString()]).toEqual([0, "memory 1"]);
});

test("memory-of-another-name: a module's only memory is used, whatever its name", async () => {
  const { code, stdout } = await run("memory-of-another-name");
  expect([code, stdout.toString()]).toEqual([0, "found"]);
});

test("memory-shared-waits: a wait without end is ended by the deadline", async () => {
  const result = await run("memory-shared-waits", { limits: { timeoutMs: 100 } });
  expect(result).toMatchObject({ reason: "timeout", code: 137, limit: "timeoutMs" });
});

test("memory-shared-calls: every host call works over a shared memory, grown or not", async () => {
  const grants = { fs: [{ type: "memory", target: "/" }] } as const;
  const result = await run("memory-shared-calls", { grants });
  expect(result).toMatchObject({ reason: "exited", code: 0 });
  expect(result.stdout.toString()).toBe("ä.txtä.txt");
});

test.each([1, 2, 3, 4, 5, 6, 7, 8, 9])("memory-bulk: operation %i traps", async (which) => {
  const args = Array.from({ length: which - 1 }, () => "x");
  const result = await run("memory-bulk", { args });
  expect(result).toMatchObject({ reason: "trapped", code: 134 });
  expect(result.detail).toMatch(/out of bounds/);
});

test("the next guest finds its memory zeroed, also a shared one and one of 64 bits", async () => {
  // Each first page's first word was counted up by the run before, if it is the same memory.
  for (const name of ["memory-shared", ...(memory64 ? ["memory-of-64-bits"] : [])]) {
    for (let times = 0; times < 3; times++) expect((await run(name)).code).toBe(LIMIT_PAGES);
  }
});

async function refusal(name: string): Promise<string> {
  try {
    return (await run(name)).reason;
  } catch (error) {
    if (!isSafedockError(error)) throw error;
    return error.code;
  }
}
