import { resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isSafedockError } from "../../src/base/errors.js";
import { checkContainerOptions } from "../../src/engine/check-options.js";
import { checkEngineOptions } from "../../src/engine/engine-options.js";
import { DEFAULT_LIMITS } from "../../src/engine/limits.js";

function problemsOf(options: unknown): readonly string[] {
  try {
    checkContainerOptions(options as never);
    return [];
  } catch (error) {
    if (isSafedockError(error, "ERR_OPTIONS_INVALID")) return error.data.problems;
    throw error;
  }
}

describe("container options", () => {
  it("grant nothing by default", () => {
    const checked = checkContainerOptions({});
    expect(checked.args).toBeUndefined();
    expect(checked.env.size).toBe(0);
    expect(checked.mounts).toEqual([]);
    expect(checked.clock).toEqual({ kind: "frozen", startMs: Date.UTC(2020, 0, 1) });
    expect(checked.random).toEqual({ kind: "secure" });
    expect(checked.rootfs).toBe("writable");
    expect(checked.limits).toEqual(DEFAULT_LIMITS);
    expect(checked.limits.timeoutMs).toBeUndefined();
  });

  it("normalise mounts: read-only unless said, absolute source, shortest target", () => {
    const { mounts } = checkContainerOptions({
      grants: {
        fs: [
          { source: "data", target: "/a//b/./c/" },
          { type: "memory", target: "/tmp" },
        ],
      },
    });
    expect(mounts).toEqual([
      { type: "bind", source: resolve("data"), target: "/a/b/c", access: "read-only" },
      { type: "memory", target: "/tmp", maxBytes: 64 * 2 ** 20, maxFiles: 10_000 },
    ]);
  });

  it("report every problem in one error", () => {
    const problems = problemsOf({
      arg: ["mistyped"],
      args: ["ok", 7, "a\0b"],
      grants: {
        env: { "": "x", "A=B": "x", C: 1, D: "a\0" },
        fs: [
          { source: "", target: "relative" },
          { source: "/x", target: "/a/../b", access: "write" },
          { source: "/x", target: "/same" },
          { type: "memory", target: "/same/", maxBytes: -1 },
          "nonsense",
        ],
        clock: "fast",
        random: {},
        net: true,
      },
      limits: { timeoutMs: 0, memoryBytes: 2 ** 40, colour: 1 },
      rootfs: "rw",
    });
    for (const name of [
      "arg:",
      "args[1]:",
      "args[2]:",
      '"" is no name',
      '"A=…" is no name',
      "grants.env.C:",
      "grants.env.D:",
      "grants.fs[0].source:",
      "grants.fs[0].target:",
      "grants.fs[1].target:",
      "grants.fs[1].access:",
      "mounted twice",
      "grants.fs[3].maxBytes:",
      "grants.fs[4]:",
      "grants.clock:",
      "grants.random.seed:",
      "grants.net:",
      "limits.timeoutMs:",
      "limits.memoryBytes:",
      "limits.colour:",
      "rootfs:",
    ]) {
      expect(problems.join("\n"), name).toContain(name);
    }
  });

  it("take a variable named __proto__ as a variable", () => {
    const env = JSON.parse('{"__proto__": "x"}') as Record<string, string>;
    expect([...checkContainerOptions({ grants: { env } }).env]).toEqual([["__proto__", "x"]]);
  });

  it("cap arguments and environment together", () => {
    expect(problemsOf({ args: ["x".repeat(2 ** 21)] }).join()).toContain("bytes together");
  });

  it("take text or bytes as stdin", () => {
    expect(problemsOf({ stdin: 42 }).join()).toContain("stdin:");
  });

  it("never throw anything but ERR_OPTIONS_INVALID, whatever is passed", () => {
    fc.assert(
      fc.property(
        fc.record({
          args: fc.anything(),
          grants: fc.anything(),
          limits: fc.anything(),
          rootfs: fc.anything(),
        }),
        (options) => {
          problemsOf(options);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("engine options", () => {
  it("are checked as one piece", () => {
    const options = {
      root: "",
      workers: 0,
      maxWorkers: Number.NaN,
      maxQueued: -5,
      registry: 1,
      x: 1,
    };
    try {
      checkEngineOptions(options as never);
      expect.unreachable();
    } catch (error) {
      const problems = isSafedockError(error, "ERR_OPTIONS_INVALID") ? error.data.problems : [];
      expect(problems.map((problem) => problem.slice(0, problem.indexOf(":"))).toSorted()).toEqual([
        "maxQueued",
        "maxWorkers",
        "registry",
        "root",
        "workers",
        "x",
      ]);
    }
    expect(checkEngineOptions({})).toEqual({ policy: undefined, stores: new Map() });
  });
});
