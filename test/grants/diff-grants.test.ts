/** What an upgrade adds: entry by entry, for code and for the person who approves it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { diffGrants, type GrantDiff } from "../../src/engine/diff-grants.js";
import type { GrantRequest } from "../../src/engine/grant-request.js";
import type { Grants } from "../../src/engine/grants.js";
import { anyGrants } from "./arbitrary-grants.js";

function kinds({ changes }: GrantDiff): string[] {
  return changes.map(({ grant, kind }) => `${grant} ${kind}`);
}

const bind = (more: object) => ({ fs: [{ source: "/srv/data", target: "/data", ...more }] });

describe("diffGrants", () => {
  const cases: readonly (readonly [string, Grants, Grants, string[]])[] = [
    ["nothing", {}, {}, []],
    [
      "the same in other words",
      { clock: { startMs: Date.UTC(2020, 0, 1) }, stdio: {} },
      { clock: "frozen", stdio: "pipe" },
      [],
    ],
    ["a variable more", {}, { env: { LOG: "debug" } }, ["env:LOG added"]],
    ["a variable less", { env: { LOG: "debug" } }, {}, ["env:LOG removed"]],
    ["another value", { env: { LOG: "a" } }, { env: { LOG: "b" } }, ["env:LOG changed"]],
    [
      "inherited instead of given",
      { env: { LOG: "a" } },
      { inheritEnv: ["LOG"] },
      ["env:LOG changed"],
    ],
    [
      "inherited though given",
      { env: { LOG: "a" } },
      { env: { LOG: "a" }, inheritEnv: ["LOG"] },
      [],
    ],
    ["arguments", { args: "none" }, {}, ["args widened"]],
    ["a mount more", {}, bind({}), ["fs:/data added"]],
    ["a mount less", bind({}), {}, ["fs:/data removed"]],
    ["more access", bind({}), bind({ access: "create-only" }), ["fs:/data widened"]],
    [
      "less access",
      bind({ access: "read-write" }),
      bind({ access: "create-only" }),
      ["fs:/data narrowed"],
    ],
    ["a quota", bind({}), bind({ maxBytes: 1000 }), ["fs:/data narrowed"]],
    ["a larger quota", bind({ maxFiles: 1 }), bind({ maxFiles: 2 }), ["fs:/data widened"]],
    ["a part of the directory", bind({}), bind({ subPath: "a" }), ["fs:/data narrowed"]],
    ["the directory above", bind({ subPath: "a" }), bind({ source: "/srv" }), ["fs:/data widened"]],
    ["another directory", bind({}), bind({ source: "/srv/database" }), ["fs:/data changed"]],
    [
      "more bytes and less access",
      bind({ access: "read-write", maxBytes: 1 }),
      bind({ maxBytes: 2 }),
      ["fs:/data changed"],
    ],
    [
      "memory for a directory",
      bind({}),
      { fs: [{ type: "memory", target: "/data" }] },
      ["fs:/data changed"],
    ],
    ["a clock", {}, { clock: "coarse" }, ["clock widened"]],
    [
      "a finer clock",
      { clock: "coarse" },
      { clock: { type: "coarse", resolutionMs: 1 } },
      ["clock widened"],
    ],
    ["a coarse clock", { clock: "real" }, { clock: "coarse" }, ["clock narrowed"]],
    ["another start", { clock: { startMs: 0 } }, {}, ["clock changed"]],
    ["no random bytes", {}, { random: "denied" }, ["random narrowed"]],
    ["a seed", {}, { random: { seed: 1 } }, ["random changed"]],
    ["the same seed as text", { random: { seed: 1 } }, { random: { seed: "1" } }, []],
    [
      "streams",
      { stdio: { stdin: "null", stderr: "pipe" } },
      { stdio: { stderr: "denied" } },
      ["stdin widened", "stderr narrowed"],
    ],
  ];

  it.each(cases)("%s", (_, old, next, expected) => {
    const diff = diffGrants(old, next);
    expect(kinds(diff)).toEqual(expected);
    expect(diff.widens).toBe(expected.some((line) => /added|widened|changed/.test(line)));
    expect(diff.text.split("\n").filter(Boolean)).toHaveLength(expected.length);
  });

  it("prints a line that a person can decide on", () => {
    const { text } = diffGrants(bind({}), {
      ...bind({ access: "read-write", maxBytes: 1024 }),
      clock: "real",
    });
    expect(text).toBe(
      'fs:/data changed: "/srv/data" read-only → "/srv/data" read-write, at most 1024 bytes\n' +
        "clock widened: frozen from 2020-01-01T00:00:00.000Z → real",
    );
  });

  it("prints no secret and nothing that steers a terminal", () => {
    const diff = diffGrants(
      { env: { KEY: { secret: "t0ps3cret" }, API_TOKEN: "t0ps3cret" } },
      { env: { KEY: { secret: "t0ps3cret2" }, API_TOKEN: "t0ps3cret2", "\u001b[2J": "\u202e" } },
    );
    expect(kinds(diff)).toEqual([
      "env:KEY changed",
      "env:API_TOKEN changed",
      "env:\u001b[2J added",
    ]);
    expect(JSON.stringify(diff)).not.toContain("t0ps3cret");
    for (const mark of ["\u001b", "\u202e"]) expect(diff.text).not.toContain(mark);
  });

  it("compares what two versions of an image ask for", () => {
    const old: GrantRequest = { env: ["LOG"], fs: [{ target: "/data", reason: "orders" }] };
    const next: GrantRequest = {
      reason: "Now with prices.",
      env: ["LOG", { name: "TOKEN", reason: "prices" }],
      fs: [
        { target: "/data", access: "read-write" },
        { type: "memory", target: "/tmp", maxBytes: 1 },
      ],
    };
    const diff = diffGrants(old, next);
    expect(kinds(diff)).toEqual(["env:TOKEN added", "fs:/data widened", "fs:/tmp added"]);
    expect(diff.text).toContain("fs:/data widened: a directory read-only → a directory read-write");
    expect(diffGrants(next, next).changes).toEqual([]);
  });

  it("compares what is granted with what is asked for", () => {
    const granted: Grants = { env: { LOG: "a" }, fs: [{ source: "./data", target: "/data" }] };
    expect(diffGrants(granted, { env: ["LOG"], fs: [{ target: "/data" }] }).changes).toEqual([]);
    expect(kinds(diffGrants(granted, { env: ["LOG"], fs: [{ target: "/logs" }] }))).toEqual([
      "fs:/data removed",
      "fs:/logs added",
    ]);
  });

  it("finds nothing between grants and themselves, nor what JSON makes of them", () => {
    fc.assert(
      fc.property(anyGrants, (grants) => {
        const again = JSON.parse(JSON.stringify(grants)) as Grants;
        expect(diffGrants(grants, again)).toEqual({ changes: [], widens: false, text: "" });
      }),
    );
  });

  it("says the opposite the other way round", () => {
    const opposite = new Map([
      ["added", "removed"],
      ["removed", "added"],
      ["widened", "narrowed"],
      ["narrowed", "widened"],
      ["changed", "changed"],
    ]);
    fc.assert(
      fc.property(anyGrants, anyGrants, (a, b) => {
        const there = diffGrants(a, b).changes.map(({ grant, kind, from, to }) => ({
          grant,
          kind: opposite.get(kind),
          from: to,
          to: from,
        }));
        const back = diffGrants(b, a).changes.map(({ grant, kind, from, to }) => ({
          grant,
          kind,
          from,
          to,
        }));
        const byName = (x: { grant: string }, y: { grant: string }) => (x.grant < y.grant ? -1 : 1);
        expect(there.toSorted(byName)).toEqual(back.toSorted(byName));
      }),
    );
  });

  it("calls no chain of narrowings a widening of the whole", () => {
    const small = fc.record({
      fs: fc.constantFrom(
        ...["read-only", "create-only", "read-write"].flatMap((access) =>
          [{}, { subPath: "a" }, { subPath: "a/b" }, { maxBytes: 1 }].map(
            (more) => bind({ access, ...more }).fs,
          ),
        ),
      ),
      clock: fc.constantFrom("frozen", "coarse", "real"),
      random: fc.constantFrom("secure", "denied", { seed: 1 }),
    }) as fc.Arbitrary<Grants>;
    let chains = 0;
    fc.assert(
      fc.property(small, small, small, (a, b, c) => {
        if (diffGrants(a, b).widens || diffGrants(b, c).widens) return;
        chains++;
        expect(diffGrants(a, c).widens).toBe(false);
      }),
      { numRuns: 3000 },
    );
    expect(chains).toBeGreaterThan(10);
  });
});
