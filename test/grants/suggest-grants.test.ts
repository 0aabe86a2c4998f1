/** The least grants that would have been enough, and proof that they are. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  diffGrants,
  parseGrants,
  suggestGrants,
  type ContainerAudit,
  type Engine,
  type Grants,
} from "safedock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { guestPath } from "../engine/guests.js";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { thrownBy } from "../support/thrown-by.js";

const nothing: ContainerAudit = {
  grants: {},
  processes: 1,
  fs: [],
  env: false,
  args: false,
  clock: false,
  sleep: false,
  random: false,
  stdin: false,
  stdout: false,
  stderr: false,
  http: [],
  sockets: [],
  config: false,
  keyvalue: [],
  logging: false,
  denials: [],
  otherDenials: 0,
};
const unused = { looked: false, read: false, created: false, changed: false, removed: false };
const bind = {
  type: "bind" as const,
  source: "/srv",
  target: "/data",
  access: "read-write" as const,
};

describe("suggestGrants", () => {
  it("takes away what was not used", () => {
    const grants: Grants = {
      env: { A: "1" },
      inheritEnv: ["B"],
      fs: [bind, { type: "memory", target: "/tmp" }],
      clock: "real",
      random: { seed: 1 },
      stdio: { stderr: "denied" },
    };
    const fs = [
      { target: "/", type: "image" as const, ...unused, read: true },
      { target: "/data", type: "bind" as const, ...unused },
    ];
    expect(suggestGrants({ ...nothing, grants, fs })).toEqual({
      args: "none",
      random: "denied",
      stdio: { stdin: "null", stdout: "null", stderr: "denied" },
    });
  });

  it("keeps what was used as it was granted", () => {
    const grants: Grants = {
      env: { A: "1" },
      inheritEnv: ["B"],
      clock: "coarse",
      random: { seed: 1 },
      fs: [{ type: "memory", target: "/tmp" }],
    };
    const fs = [{ target: "/tmp", type: "memory" as const, ...unused, created: true }];
    const used = {
      env: true,
      args: true,
      sleep: true,
      random: true,
      stdin: true,
      stdout: true,
      stderr: true,
    };
    expect(suggestGrants({ ...nothing, ...used, grants, fs })).toEqual(grants);
  });

  it.each([
    ["looked", "read-only"],
    ["read", "read-only"],
    ["created", "create-only"],
    ["changed", "read-write"],
    ["removed", "read-write"],
  ] as const)("a mount where something was %s is %s", (use, access) => {
    const fs = [{ target: "/data", type: "bind" as const, ...unused, [use]: true }];
    const { fs: suggested } = suggestGrants({ ...nothing, grants: { fs: [bind] }, fs });
    expect(suggested).toEqual([{ ...bind, access }]);
  });

  it("adds what was refused, and asks for a directory where one has to be chosen", () => {
    const denial = { call: "open", count: 1 };
    const suggested = suggestGrants({
      ...nothing,
      grants: { fs: [{ ...bind, access: "read-only" }], random: "denied", stdio: "denied" },
      fs: [{ target: "/data", type: "bind", ...unused, read: true }],
      denials: [
        {
          ...denial,
          kind: "fs",
          path: "/data/x",
          errno: "EROFS",
          grant: { fs: [{ ...bind, access: "create-only" }] },
        },
        {
          ...denial,
          kind: "fs",
          path: "/data/y",
          errno: "EROFS",
          grant: { fs: [{ ...bind, access: "read-only" }] },
        },
        { ...denial, kind: "fs", path: "/out/report.txt", errno: "EROFS" },
        { ...denial, kind: "fs", path: "/out/b/report.txt", errno: "EROFS" },
        { ...denial, kind: "fs", path: "/x", errno: "EROFS" },
        { ...denial, kind: "fs", path: "/../etc", errno: "EPERM" },
        {
          ...denial,
          kind: "random",
          call: "random_get",
          errno: "EPERM",
          grant: { random: "secure" },
        },
        {
          ...denial,
          kind: "stdio",
          path: "stdout",
          errno: "EBADF",
          grant: { stdio: { stdout: "pipe" } },
        },
        { ...denial, kind: "sockets", errno: "EACCES" },
      ],
    });
    expect(suggested).toEqual({
      args: "none",
      fs: [
        { ...bind, access: "create-only" },
        { source: "<choose a directory>", target: "/out", access: "read-write" },
      ],
      random: "secure",
      stdio: { stdin: "denied", stderr: "denied" },
    });
    expect(thrownBy(() => parseGrants(suggested))).toMatchObject({
      data: { problems: ["grants.fs[1].source: choose the directory for /out"] },
    });
  });
});

describe("for a guest that runs", () => {
  let fixture: TestEngine;
  let engine: Engine;
  let data: string;

  beforeAll(async () => {
    fixture = await openTestEngine();
    engine = fixture.engine;
    data = join(fixture.folder, "data");
    await mkdir(join(data, "out"), { recursive: true });
    await writeFile(join(data, "in.txt"), "input");
  });

  afterAll(() => fixture.close());

  const wide = (): Grants => ({
    env: { UNUSED: "1" },
    fs: [
      { source: data, target: "/data", access: "read-write" },
      { source: join(data, "out"), target: "/out", access: "read-write" },
      { source: data, target: "/other", access: "read-write" },
      { type: "memory", target: "/tmp" },
    ],
    clock: "real",
  });

  async function runWith(grants: Grants, args: readonly string[]) {
    await using container = await engine.createContainer(
      await engine.loadImage(guestPath("files")),
      { args, grants },
    );
    const main = await container.start();
    await main.wait();
    const printed = Buffer.concat([main.captured.stdout, main.captured.stderr]).toString();
    return { printed, audit: container.audit() };
  }

  it.each([
    [["read", "/data/in.txt"], ["/data read-only"]],
    [
      ["read", "/data/in.txt", "then", "write", "/out/new.txt", "x"],
      ["/data read-only", "/out create-only"],
    ],
    [["append", "/data/in.txt", ""], ["/data read-write"]],
    [["write", "/tmp/a", "x", "then", "read", "/tmp/a"], ["/tmp"]],
    [["write", "/out/gone", "x", "then", "rm", "/out/gone"], ["/out read-write"]],
  ])("%j", async (args, expected) => {
    const first = await runWith(wide(), args);
    const suggested = suggestGrants(first.audit);
    const mounts = (suggested.fs ?? []).map((mount) =>
      "access" in mount ? `${mount.target} ${mount.access}` : mount.target,
    );
    expect(mounts).toEqual(expected);
    expect(suggested).toMatchObject({ random: "denied" });
    expect(suggested.clock).toBeUndefined();
    expect(diffGrants(wide(), suggested).widens).toBe(false);
    await rm(join(data, "out", "new.txt"), { force: true });
    const again = await runWith(parseGrants(JSON.stringify(suggested)), args);
    expect(again.printed).toBe(first.printed);
    expect(again.audit.denials).toEqual([]);
    expect(suggestGrants(again.audit)).toEqual(suggested);
  });

  it("what was refused is enough the second time", async () => {
    const args = ["append", "/data/in.txt", "more"];
    const refused = await runWith({ fs: [{ source: data, target: "/data" }] }, args);
    expect(refused.printed).toContain("EROFS");
    const suggested = suggestGrants(refused.audit);
    const allowed = await runWith(suggested, args);
    expect(allowed.printed).toBe("");
  });
});
