/** Grants of any shape: one ERR_OPTIONS_INVALID with all problems, no secret in it, nothing else thrown. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ErrorCode, isSafedockError } from "../../src/base/errors.js";
import { approveGrants } from "../../src/engine/approve-grants.js";
import { checkContainerOptions } from "../../src/engine/check-options.js";
import { diffGrants } from "../../src/engine/diff-grants.js";
import { parseGrants } from "../../src/engine/parse-grants.js";
import { readRequestedGrants } from "../../src/engine/requested-grants.js";

function problemsOf(grants: unknown): readonly string[] {
  try {
    checkContainerOptions({ grants: grants as never });
    return [];
  } catch (error) {
    if (isSafedockError(error, "ERR_OPTIONS_INVALID")) return error.data.problems;
    throw error;
  }
}

const throwing = {
  get env(): never {
    throw new Error("mine");
  },
};
const answers = ["/data", "/etc"];
const changing = {
  source: "./data",
  get target() {
    return answers.shift();
  },
};
const proxy = new Proxy(
  {},
  {
    ownKeys: () => {
      throw new Error("mine");
    },
  },
);
const { proxy: revoked, revoke } = Proxy.revocable({}, {});
revoke();
const circular: { fs: unknown[] } = { fs: [] };
circular.fs.push(circular);

describe("grants with", () => {
  const odd: readonly (readonly [string, unknown, string])[] = [
    ["a getter that throws", throwing, "grants: cannot be read"],
    ["a proxy that throws", proxy, "grants: cannot be read"],
    ["a proxy that was revoked", { fs: revoked }, "grants: cannot be read"],
    ["themselves inside", circular, "nested more than 8 deep"],
    ["a hole in an array", { fs: Array(1) }, "grants.fs[0]: must be an object, not undefined"],
    ["an array of a billion holes", { fs: Array(1e9) }, "more than 1000000 values"],
    ["an unknown name", { network: true }, "grants.network: no such option"],
    [
      "a name that only looks known",
      JSON.parse('{"__proto__":{"fs":[]}}'),
      "grants.__proto__: no such",
    ],
    ["a Map for variables", { env: new Map() }, "grants.env: must be a plain object"],
    ["an instance for a clock", { clock: new Date() }, "grants.clock: must be a plain object"],
    [
      "a number as text",
      { clock: { startMs: "0" } },
      'grants.clock.startMs: must be an integer from 0 to 16725225600000, not "0"',
    ],
    [
      "no such access",
      { fs: [{ source: ".", target: "/a", access: "all" }] },
      "grants.fs[0].access: must be one of",
    ],
    [
      "an access of memory",
      { fs: [{ type: "memory", target: "/a", access: "read-only" }] },
      "grants.fs[0].access: no such option",
    ],
    [
      "a negative quota",
      { fs: [{ source: ".", target: "/a", maxBytes: -1 }] },
      "grants.fs[0].maxBytes: must be an integer",
    ],
    [
      "a quota of NaN",
      { fs: [{ source: ".", target: "/a", maxFiles: Number.NaN }] },
      "grants.fs[0].maxFiles: must be an integer",
    ],
    [
      "a resolution of 0",
      { clock: { type: "coarse", resolutionMs: 0 } },
      "grants.clock.resolutionMs: must be an integer from 1 to 3600000",
    ],
    [
      "a resolution of days",
      { clock: { type: "coarse", resolutionMs: 9e7 } },
      "grants.clock.resolutionMs: must be an integer",
    ],
    [
      "a resolution of a real clock",
      { clock: { type: "real", resolutionMs: 5 } },
      "grants.clock.resolutionMs: no such option",
    ],
    [
      "a clock of another type",
      { clock: { type: "fast" } },
      "grants.clock.type: must be one of frozen, real, coarse",
    ],
    ["no seed", { random: {} }, "grants.random.seed: must be"],
    ["a seed of infinity", { random: { seed: Infinity } }, "grants.random.seed: must be"],
    ["an unknown stream", { stdio: { stdnull: "pipe" } }, "grants.stdio.stdnull: no such option"],
    ["an unknown mode", { stdio: "inherit" }, "grants.stdio: must be one of pipe, null, denied"],
    [
      "a mode of a stream that is none",
      { stdio: { stdin: true } },
      "grants.stdio.stdin: must be one of",
    ],
    ["arguments that are none", { args: ["a"] }, 'grants.args: must be "given" or "none"'],
    ["names to inherit that are none", { inheritEnv: ["A=B", "", 7] }, "grants.inheritEnv[1]:"],
    [
      "2,000 names to inherit",
      { inheritEnv: Array.from({ length: 2000 }, (_, n) => `N${n}`) },
      "2000 names, more than 1000",
    ],
    [
      "129 mounts",
      { fs: Array.from({ length: 129 }, (_, n) => ({ type: "memory", target: `/${n}` })) },
      "129 mounts, more than 128",
    ],
    [
      "a target twice",
      {
        fs: [
          { type: "memory", target: "/a" },
          { source: ".", target: "/a/." },
        ],
      },
      "mounted twice",
    ],
    [
      "a source that is to be chosen",
      { fs: [{ source: "<choose a directory>", target: "/a" }] },
      "choose the directory for /a",
    ],
  ];

  it.each(odd)("%s", (_, grants, problem) => {
    expect(problemsOf(grants).join("\n")).toContain(problem);
  });

  it.each([
    "..",
    "a/..",
    "../a",
    "/a",
    "a/",
    "a//b",
    "./a",
    "",
    "a\0",
    "a\\..\\b",
    "\ud800",
    7,
    null,
  ])("the sub-path %j", (subPath) => {
    const problems = problemsOf({ fs: [{ source: ".", target: "/a", subPath }] });
    expect(problems.join()).toContain("grants.fs[0].subPath: must be plain names");
  });

  it("a getter that changes its mind: what was checked is what is used", () => {
    const { mounts } = checkContainerOptions({ grants: { fs: [changing as never] } });
    expect(mounts).toMatchObject([{ target: "/data" }]);
  });

  it("a hundred thousand mistakes: a hundred of them in one error", () => {
    const env = Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [`N${n}`, n]));
    const problems = problemsOf({ env });
    expect(problems).toHaveLength(101);
    expect(problems.at(-1)).toBe("and 99900 more");
  });

  it("secrets at the wrong places: no message repeats them", () => {
    for (const env of [
      "t0ps3cret",
      ["t0ps3cret"],
      { "TOKEN=t0ps3cret": "" },
      { TOKEN: ["t0ps3cret"] },
      { TOKEN: { secret: "t0ps3cret\0" } },
      { TOKEN: { secret: "t0ps3cret", more: 1 } },
      { TOKEN: { value: "t0ps3cret" } },
    ]) {
      const problems = problemsOf({ env });
      expect(problems.length).toBeGreaterThan(0);
      expect(problems.join()).not.toContain("t0ps3cret");
    }
    expect(problemsOf({ inheritEnv: ["TOKEN=t0ps3cret"] }).join()).not.toContain("t0ps3cret");
  });

  it("names that steer a terminal: they are made harmless", () => {
    const problems = problemsOf({ "\u001b[2J": 1, clock: "\u001b]0;x\u0007" });
    for (const mark of ["\u001b", "\u0007"]) expect(problems.join()).not.toContain(mark);
  });
});

describe("whatever is passed, nothing else is thrown by", () => {
  const onlyProblems = (
    act: (value: unknown) => unknown,
    code: ErrorCode = "ERR_OPTIONS_INVALID",
  ) =>
    fc.assert(
      fc.property(fc.oneof(fc.anything(), grantShaped()), (value) => {
        try {
          act(value);
        } catch (error) {
          expect(error).toMatchObject({ code });
        }
      }),
      { numRuns: 300 },
    );

  const asked = { env: ["A"], fs: [{ target: "/a" }] };

  it.each<readonly [string, (value: never) => unknown]>([
    ["createContainer", (grants) => checkContainerOptions({ grants })],
    ["parseGrants", parseGrants],
    ["diffGrants, old", (value) => diffGrants(value, {})],
    ["diffGrants, next", (value) => diffGrants({}, value)],
    ["approveGrants, request", (value) => approveGrants(value, {})],
    ["approveGrants, approval", (value) => approveGrants(asked, value)],
    [
      "approveGrants, sources and values",
      (value) => approveGrants(asked, { sources: value, env: value }),
    ],
  ])("%s", (_, act) => {
    expect(() => onlyProblems((value) => act(value as never))).not.toThrow();
  });

  it("an image's annotation, which has a code of its own", () => {
    expect(() =>
      onlyProblems((value) => readRequestedGrants(jsonOf(value), "image"), "ERR_MANIFEST_INVALID"),
    ).not.toThrow();
  });
});

/** Text of a value; what JSON cannot hold is as hostile as text can be. */
function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "";
  } catch {
    return "{";
  }
}

/** The names of grants over values of any shape. */
function grantShaped(): fc.Arbitrary<object> {
  const any = fc.anything();
  const mount = fc.record(
    {
      type: any,
      source: any,
      subPath: any,
      target: any,
      access: any,
      maxBytes: any,
      reason: any,
      optional: any,
    },
    { requiredKeys: [] },
  );
  return fc.record(
    {
      env: fc.oneof(
        any,
        fc.array(fc.oneof(any, fc.record({ name: any, reason: any, optional: any }))),
      ),
      inheritEnv: any,
      args: any,
      fs: fc.oneof(any, fc.array(mount)),
      clock: fc.oneof(any, fc.record({ type: any, startMs: any, resolutionMs: any })),
      random: any,
      stdio: any,
      reason: any,
    },
    { requiredKeys: [] },
  );
}
