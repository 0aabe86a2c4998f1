import { describe, expect, test } from "vitest";
import { checkLimits } from "../../src/engine/check-limits.js";
import { type CheckedLimits, DEFAULT_LIMITS, type Limits } from "../../src/engine/limits.js";
import { Problems } from "../../src/engine/problems.js";

function check(limits: unknown): CheckedLimits | readonly string[] {
  const problems = new Problems();
  const checked = checkLimits(limits, problems);
  try {
    problems.throwIfAny("limits");
  } catch (error) {
    return (error as { data: { problems: readonly string[] } }).data.problems;
  }
  return checked;
}

describe("limits", () => {
  test("have defaults, but for time", () => {
    expect(check({})).toEqual(DEFAULT_LIMITS);
    expect(DEFAULT_LIMITS.timeoutMs).toBeUndefined();
    expect(DEFAULT_LIMITS.cpuMs).toBeUndefined();
  });

  test("are taken as they are given", () => {
    const limits: Required<Limits> = {
      timeoutMs: 1,
      cpuMs: 2,
      memoryBytes: 3,
      tableElements: 4,
      stdoutBytes: 5,
      stderrBytes: 6,
      writableBytes: 7,
      writableFiles: 8,
      fileBytes: 9,
      moduleBytes: 10,
      compileMs: 11,
      openFiles: 12,
    };
    expect(check(limits)).toEqual(limits);
  });

  test("out of their range are all named at once", () => {
    const names = Object.keys({ ...DEFAULT_LIMITS, timeoutMs: 0, cpuMs: 0 });
    const wrong = Object.fromEntries(names.map((name) => [name, -1]));
    const problems = check(wrong);
    expect(problems).toHaveLength(names.length);
    const text = JSON.stringify(problems);
    for (const name of names) expect(text).toContain(`limits.${name}`);
  });

  test.each([1.5, "5", Number.NaN, Infinity, null, 2 ** 60])("%s is no limit", (value) => {
    expect(check({ cpuMs: value })).toHaveLength(1);
  });

  test("of other names, and what is no object, are refused", () => {
    expect(check({ cpuSeconds: 1 })).toHaveLength(1);
    expect(check("none")).toHaveLength(1);
  });

  test("are read once", () => {
    let reads = 0;
    const limits = Object.defineProperty({ openFiles: 5 }, "cpuMs", {
      enumerable: true,
      get: () => ++reads,
    });
    expect(check(limits)).toEqual({ ...DEFAULT_LIMITS, openFiles: 5, cpuMs: 1 });
    expect(reads).toBe(1);
  });

  test("that cannot be read, and no plain objects, are problems", () => {
    const fails = () => {
      throw new Error("no");
    };
    expect(check(new Proxy({}, { ownKeys: fails }))).toEqual(["limits: cannot be read"]);
    expect(
      check({
        get cpuMs() {
          return fails();
        },
      }),
    ).toEqual(["limits: cannot be read"]);
    expect(check(new Map([["cpuMs", 1]]))).toEqual(["limits: must be a plain object"]);
    expect(check(JSON.parse('{"__proto__": {"cpuMs": 1}}'))).toHaveLength(1);
    expect(check(Object.assign(Object.create(null), { cpuMs: 1 }))).toMatchObject({ cpuMs: 1 });
  });
});
