/** Components whose allocator calls the host while it writes to them, or answers what it must not; and their post-return. */
import type { Container } from "safedock";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Allocation, ALLOCATOR, modeOf, POST_CALLS, postModeOf } from "./allocator-text.js";
import { ComponentRunner } from "./component-runner.js";

/** Calls that make the host write: results of the app's functions, and the argument of one that it calls. */
const WRITES: readonly (readonly [name: string, right: unknown, ...args: unknown[]])[] = [
  ["text", "words of the app"],
  ["numbers", new BigUint64Array([1n, 2n, 3n])],
  ["names", ["one", "two", "three"]],
  ["take", 2, ["a", "bc"]],
];
const TRAPPED = "trapped 134";

let runner: ComponentRunner;
let container: Container;
/** Calls of the app's `note`. */
let notes = 0;

const imports = {
  "acme:test/host@1.0.0": {
    note: (n: number) => ((notes += 1), n),
    text: () => "words of the app",
    numbers: () => [1n, 2n, 3n],
    names: () => ["one", "two", "three"],
  },
};

beforeAll(async () => {
  runner = await ComponentRunner.open();
  container = await runner.container(ALLOCATOR, { imports });
});
afterAll(async () => {
  await container.remove({ force: true });
  await runner.expectSound();
  await runner.close();
});
beforeEach(() => {
  notes = 0;
});

const call = (name: string, ...args: unknown[]) => runner.callIn(container, name, ...args);

/** What each of the calls comes to; after each, another with an honest allocator is right. */
async function outcomes(mode: number): Promise<unknown[]> {
  const found: unknown[] = [];
  for (const [name, right, ...args] of WRITES) {
    await call("mode", mode);
    found.push(await call(name, ...args));
    await call("mode", 0);
    expect(await call(name, ...args)).toEqual(right);
  }
  return found;
}

const RIGHT = WRITES.map(([, right]) => right);

describe("an allocator", () => {
  const behaviours = (...names: Allocation[]): readonly Allocation[] => names;

  // The canonical ABI has it trap; where it does not, nothing must come of it.
  test.each(
    behaviours(
      "calls a function of the app",
      "calls WASI",
      "makes a resource",
      "grows the memory each time",
    ),
  )("that %s ends its instance, or changes nothing", async (allocation) => {
    const found = await outcomes(modeOf(allocation));
    expect(found.map((value, index) => (value === TRAPPED ? RIGHT[index] : value))).toEqual(RIGHT);
    expect(notes).toBeLessThanOrEqual(allocation === "calls a function of the app" ? 9 : 0);
  });

  test("that exits ends its instance", async () => {
    expect(await outcomes(modeOf("exits"))).toEqual(RIGHT.map(() => "exited 0"));
  });

  test.each(
    behaviours(
      "answers an address behind the memory",
      "answers the last byte",
      "answers a negative address",
    ),
  )("that %s ends its instance", async (allocation) => {
    expect(await outcomes(modeOf(allocation))).toEqual(RIGHT.map(() => TRAPPED));
  });

  // All of it is the guest's own memory.
  test.each(
    behaviours(
      "answers an address that is not aligned",
      "answers 0",
      "answers one address for all",
      "answers where the result goes",
    ),
  )("that %s harms itself alone", async (allocation) => {
    const found = await outcomes(modeOf(allocation));
    expect(
      found.map((value, index) => value === TRAPPED || typeof value === typeof RIGHT[index]),
    ).toEqual(RIGHT.map(() => true));
  });
});

describe("a post-return", () => {
  test.each(Object.keys(POST_CALLS))(
    "that %s ends its instance, or changes nothing",
    async (does) => {
      await call("mode", postModeOf(does));
      const end = does === "exits" ? "exited 0" : TRAPPED;
      expect(["words of the app", end]).toContain(await call("text"));
      expect(notes).toBeLessThanOrEqual(1);
      await call("mode", 0);
      expect(await call("text")).toBe("words of the app");
    },
  );
});
