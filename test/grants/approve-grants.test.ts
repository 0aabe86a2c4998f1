/** The host approves what an image asks for: nothing more comes of it, and nothing is forgotten. */
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { approveGrants } from "../../src/engine/approve-grants.js";
import { checkContainerOptions } from "../../src/engine/check-options.js";
import { diffGrants } from "../../src/engine/diff-grants.js";
import type { GrantRequest } from "../../src/engine/grant-request.js";
import { thrownBy } from "../support/thrown-by.js";

const request: GrantRequest = {
  reason: "Makes a report of the orders.",
  env: ["LOG", { name: "API_TOKEN", reason: "to read prices", optional: true }],
  fs: [
    { target: "/orders", access: "create-only", maxFiles: 10 },
    { target: "/cache", access: "read-write", optional: true },
    { type: "memory", target: "/tmp", maxBytes: 1024, reason: "scratch" },
  ],
  clock: "coarse",
  random: "denied",
  stdio: { stdin: "null" },
  args: "none",
};

describe("approveGrants", () => {
  it("makes grants of a request and what the host gives", () => {
    const grants = approveGrants(request, {
      sources: {
        "/orders": "./orders",
        "/cache": { source: "/srv", subPath: "c", access: "read-only" },
      },
      env: { LOG: "debug", API_TOKEN: { secret: "t0ps3cret" } },
    });
    expect(grants).toEqual({
      env: { LOG: "debug", API_TOKEN: { secret: "t0ps3cret" } },
      fs: [
        {
          source: "./orders",
          target: "/orders",
          access: "create-only",
          maxBytes: Number.MAX_SAFE_INTEGER,
          maxFiles: 10,
        },
        { source: "/srv", subPath: "c", target: "/cache", access: "read-only" },
        { type: "memory", target: "/tmp", maxBytes: 1024, maxFiles: 10_000 },
      ],
      args: "none",
      clock: "coarse",
      random: "denied",
      stdio: { stdin: "null" },
    });
    const { mounts } = checkContainerOptions({ grants });
    expect(mounts[0]).toMatchObject({
      source: resolve("orders"),
      access: "create-only",
      quota: { maxFiles: 10 },
    });
    expect(diffGrants(request, grants).widens).toBe(false);
  });

  it("leaves out what is optional and not given, and what is refused", () => {
    const grants = approveGrants(request, { sources: { "/orders": null }, inheritEnv: ["LOG"] });
    expect(grants.fs).toEqual([
      { type: "memory", target: "/tmp", maxBytes: 1024, maxFiles: 10_000 },
    ]);
    expect(grants.env).toBeUndefined();
    expect(grants.inheritEnv).toEqual(["LOG"]);
    expect(approveGrants({ env: ["LOG"] }, { env: { LOG: null } })).toEqual({});
    expect(approveGrants({})).toEqual({});
  });

  it("names all that is missing, too much and mistyped in one error", () => {
    const error = thrownBy(() =>
      approveGrants({ ...request, fs: [...(request.fs ?? []), { target: "/logs" }] }, {
        sources: {
          "/order": ".",
          "/logs": { source: ".", access: "read-write" },
          "/cache": { source: ".", mode: 1 },
        },
        env: { LOGS: "x" },
        inheritEnv: ["HOME"],
      } as never),
    );
    expect(error).toMatchObject({
      code: "ERR_OPTIONS_INVALID",
      data: {
        problems: [
          'sources["/orders"]: the image asks for a directory there: give one, or null to refuse it',
          'sources["/cache"].mode: no such option (there are source, subPath, access, maxBytes, maxFiles)',
          'sources["/logs"].access: the image asks for no more than read-only',
          'sources["/order"]: the image asks for no directory there',
          "env.LOG: the image asks for it: give a value, or null to refuse it",
          'env: the image does not ask for "LOGS"',
          'env: the image does not ask for "HOME"',
        ],
      },
    });
  });

  it("takes no name of an object's own for something that was given", () => {
    expect(
      thrownBy(() => approveGrants({ env: ["constructor", "__proto__"] }, { env: {} })),
    ).toMatchObject({
      data: {
        problems: [
          expect.stringContaining("env.constructor:"),
          expect.stringContaining("env.__proto__:"),
        ],
      },
    });
    const given = JSON.parse('{ "__proto__": "x" }') as Record<string, string>;
    const { env } = approveGrants({ env: ["__proto__"] }, { env: given });
    expect(Object.entries(env ?? {})).toEqual([["__proto__", "x"]]);
  });

  it.each([
    [
      "a source",
      { fs: [{ target: "/a", source: "/etc" }] },
      "request.fs[0].source: only the host can say that",
    ],
    [
      "a sub-path",
      { fs: [{ target: "/a", subPath: "x" }] },
      "request.fs[0].subPath: only the host can say that",
    ],
    ["a value", { env: [{ name: "A", value: "x" }] }, "request.env[0].value: no such option"],
    ["values", { env: { A: "x" } }, "request.env: must be an array of names"],
    ["inherited variables", { inheritEnv: ["HOME"] }, "request.inheritEnv: no such option"],
    ["a variable twice", { env: ["A", { name: "A" }] }, 'request.env[1]: "A" is asked for twice'],
    ["a reason of two lines", { reason: "a\nb" }, "request.reason: must be one line"],
    [
      "a reason that hides its end",
      { fs: [{ target: "/a", reason: "a\u202eb" }] },
      "request.fs[0].reason: must be one line",
    ],
    [
      "a reason without end",
      { env: [{ name: "A", reason: "x".repeat(501) }] },
      "request.env[0].reason: must be one line",
    ],
    [
      "a target that steers a terminal",
      { fs: [{ target: "/\u001b[2J" }] },
      "request.fs[0].target: must not hold control",
    ],
    [
      "optional memory",
      { fs: [{ type: "memory", target: "/a", optional: true }] },
      "request.fs[0].optional: memory is always there",
    ],
  ])("refuses a request with %s", (_, bad, problem) => {
    const error = thrownBy(() => approveGrants(bad as never, { sources: { "/a": "." } }));
    expect(error).toMatchObject({ code: "ERR_OPTIONS_INVALID" });
    expect(String(error)).toContain(problem);
  });
});
