/** What an instance leaves to the next request: test/guests/components/http/leaves-behind.c, path by path. */
import type { Container } from "safedock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { httpContainer } from "../../http-in/http-guests.js";
import { openTestEngine, type TestEngine } from "../../support/test-engine.js";

/** Its handles of a request, an outparam, fields and options; and how many requests it has had before. */
const FRESH = "0001 0001 0001 0001 0000";
const USED = "0002 0001 0002 0002 0001";

let fixture: TestEngine;

beforeAll(async () => {
  fixture = await openTestEngine({ workers: 1 });
});
afterAll(() => fixture.close());

async function guest(reuse: boolean): Promise<Container> {
  const limits = { timeoutMs: 1_000, memoryBytes: 32 * 2 ** 20 };
  return await httpContainer(fixture.engine, "leaves-behind", { limits, http: { reuse } });
}

/** What an answer says, or the code of its error. */
async function ask(container: Container, path: string): Promise<string> {
  try {
    const response = await container.fetch(path, { method: "POST", body: "x".repeat(1_000) });
    return await response.text();
  } catch (error) {
    return (error as { readonly code: string }).code;
  }
}

const ENDS: readonly (readonly [path: string, end: string])[] = [
  ["/trap", "ERR_HTTP_TRAPPED"],
  ["/trap-within", "ERR_HTTP_TRAPPED"],
  ["/overflow", "ERR_HTTP_TRAPPED"],
  ["/unknown", "ERR_HTTP_TRAPPED"],
  ["/exit", "ERR_HTTP_RESPONSE_INVALID"],
  ["/exit-within", "ERR_HTTP_RESPONSE_INVALID"],
  ["/loop", "ERR_HTTP_TIMEOUT"],
];
const LEFT: typeof ENDS = [
  ["/leave", FRESH],
  ["/half", "ERR_HTTP_RESPONSE_INVALID"],
];

describe("an instance per request", () => {
  it.each([...ENDS, ...LEFT])("finds nothing after %s", async (path, end) => {
    await using container = await guest(false);
    for (let round = 0; round < 2; round++) {
      expect(await ask(container, path)).toBe(end);
      expect(await ask(container, "/look")).toBe(FRESH);
    }
  });

  it("has no handle of a former one", async () => {
    await using container = await guest(false);
    await ask(container, "/leave");
    for (const handle of [2, 3, 150, 408]) {
      expect(await ask(container, `/former?${handle}`)).toBe("ERR_HTTP_TRAPPED");
    }
  });
});

describe("an instance for many requests", () => {
  it.each(ENDS)("is made anew after %s", async (path, end) => {
    await using container = await guest(true);
    expect(await ask(container, "/look")).toBe(FRESH);
    expect(await ask(container, path)).toBe(end);
    expect(await ask(container, "/look")).toBe(FRESH);
    expect(await ask(container, "/look")).toBe(USED);
  });
});

describe("in turns", () => {
  it("containers of one image have nothing of each other", async () => {
    await using one = await guest(false);
    await using other = await guest(false);
    for (const [path, end] of ENDS) {
      expect(await ask(one, path)).toBe(end);
      expect(await ask(other, "/leave")).toBe(FRESH);
      expect(await ask(one, "/look")).toBe(FRESH);
    }
  });

  it("one that keeps its instance has nothing of one that does not", async () => {
    await using kept = await guest(true);
    await using fresh = await guest(false);
    for (let round = 0; round < 5; round++) {
      // Whether it was kept depends on the worker that both of them want.
      const numbers = (await ask(kept, "/look")).split(" ").map(Number);
      expect(Math.max(...numbers)).toBeLessThanOrEqual(round + 1);
      expect(await ask(fresh, "/leave")).toBe(FRESH);
      expect(await ask(fresh, "/trap")).toBe("ERR_HTTP_TRAPPED");
    }
  });
});
