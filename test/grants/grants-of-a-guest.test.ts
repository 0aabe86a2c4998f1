/** Each grant as a guest sees it, and as inspect shows it. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Engine, Grants, Image } from "safedock";
import { afterAll, afterEach, beforeAll, describe, expect, it, test } from "vitest";
import { guestBytes, guestPath } from "../engine/guests.js";
import { rejectionOf } from "../support/thrown-by.js";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";

let fixture: TestEngine;
let engine: Engine;
let env: Image;
let files: Image;
let data: string;

beforeAll(async () => {
  fixture = await openTestEngine();
  engine = fixture.engine;
  env = await engine.buildImage({
    files: { "/env.wasm": await guestBytes("env") },
    entrypoint: ["/env.wasm"],
    cmd: ["image"],
    env: { IMAGE: "image", SHARED: "image" },
  });
  files = await engine.loadImage(guestPath("files"));
  data = join(fixture.folder, "data");
  await mkdir(join(data, "tenants", "7"), { recursive: true });
  await writeFile(join(data, "tenants", "7", "mine.txt"), "mine");
  await writeFile(join(data, "all.txt"), "all");
});

afterAll(() => fixture.close());

const ours = ["SAFEDOCK_TEST_A", "SAFEDOCK_TEST_TOKEN", "SHARED"];
afterEach(() => {
  for (const name of ours) delete process.env[name];
});

/** What the guest prints with these grants. */
async function linesOf(grants: Grants, args?: readonly string[]): Promise<string[]> {
  const more = args === undefined ? {} : { args };
  const { stdout, code } = await engine.run(env, { grants, ...more });
  expect(code).toBe(0);
  return stdout.toString().split("\n").filter(Boolean);
}

/** What the file tool prints to both streams. */
async function tool(grants: Grants, ...args: string[]): Promise<string> {
  const { stdout, stderr } = await engine.run(files, { grants, args });
  return `${stdout.toString()}${stderr.toString()}`.trimEnd();
}

describe("env", () => {
  it("adds to the image's variables and replaces them", async () => {
    expect(await linesOf({ env: { SHARED: "granted", EMPTY: "" } })).toEqual([
      "arg 0 /env.wasm",
      "arg 1 image",
      "env IMAGE=image",
      "env SHARED=granted",
      "env EMPTY=",
    ]);
  });

  it("gives a secret to the guest, and to nobody else", async () => {
    const grants: Grants = {
      env: { SIGNING: { secret: "t0ps3cret" }, API_TOKEN: "t0ps3cret", AUTHOR: "Ada" },
    };
    expect(await linesOf(grants)).toContain("env SIGNING=t0ps3cret");
    await using container = await engine.createContainer(env, { grants });
    expect(container.inspect().grants.env).toEqual({
      SIGNING: { secret: "<hidden>" },
      API_TOKEN: { secret: "<hidden>" },
      AUTHOR: "Ada",
    });
    expect(JSON.stringify([container.inspect(), container.audit()])).not.toContain("t0ps3cret");
  });

  it("of an exec may be secret, too", async () => {
    await using container = await engine.createContainer(env);
    const process = await container.exec(["/env.wasm"], { env: { KEY: { secret: "t0ps3cret" } } });
    await process.wait();
    expect(process.captured.stdout.toString()).toContain("env KEY=t0ps3cret");
    const error = await rejectionOf(
      container.exec(["/env.wasm"], { env: { KEY: ["t0ps3cret"] } as never }),
    );
    expect(error).toMatchObject({ code: "ERR_OPTIONS_INVALID" });
    expect(String(error)).not.toContain("t0ps3cret");
  });

  it("cannot be a secret of an image", async () => {
    const error = await rejectionOf(
      engine.buildImage({ from: env, files: {}, env: { KEY: { secret: "t0ps3cret" } as never } }),
    );
    expect(error).toMatchObject({ data: { problems: ["env.KEY: an image cannot keep a secret"] } });
  });
});

describe("inheritEnv", () => {
  it("passes on what is named, as it is when a process starts, and nothing else", async () => {
    process.env["SAFEDOCK_TEST_A"] = "1";
    process.env["SHARED"] = "app";
    await using container = await engine.createContainer(env, {
      grants: { inheritEnv: ["SAFEDOCK_TEST_A", "SHARED", "SAFEDOCK_TEST_MISSING"] },
    });
    const envOf = async () => {
      const main = await container.start();
      await main.wait();
      return main.captured.stdout
        .toString()
        .split("\n")
        .filter((line) => line.startsWith("env "));
    };
    expect(await envOf()).toEqual(["env IMAGE=image", "env SHARED=app", "env SAFEDOCK_TEST_A=1"]);
    process.env["SAFEDOCK_TEST_A"] = "2";
    expect(await envOf()).toContain("env SAFEDOCK_TEST_A=2");
    expect(container.inspect().grants.inheritEnv).toEqual([
      "SAFEDOCK_TEST_A",
      "SHARED",
      "SAFEDOCK_TEST_MISSING",
    ]);
  });

  it("takes nothing for a variable that is none", async () => {
    const odd = ["toString", "constructor", "__proto__", "hasOwnProperty"];
    expect(await linesOf({ inheritEnv: odd })).toEqual(await linesOf({}));
  });

  it("is beaten by env, and keeps its values to itself", async () => {
    process.env["SAFEDOCK_TEST_TOKEN"] = "t0ps3cret";
    const grants = { inheritEnv: ["SAFEDOCK_TEST_TOKEN"] };
    const both = { ...grants, env: { SAFEDOCK_TEST_TOKEN: "given" } };
    expect(await linesOf(both)).toContain("env SAFEDOCK_TEST_TOKEN=given");
    await using container = await engine.createContainer(env, { grants });
    await (await container.start()).wait();
    expect(JSON.stringify([container.inspect(), container.audit()])).not.toContain("t0ps3cret");
  });

  it("is bounded with everything else when a process starts", async () => {
    process.env["SAFEDOCK_TEST_A"] = "x".repeat(100_000);
    const room = 2 ** 21 - 100_000;
    const grants = { inheritEnv: ["SAFEDOCK_TEST_A"], env: { FILL: "y".repeat(room) } };
    const error = await rejectionOf(engine.run(env, { grants }));
    expect(error).toMatchObject({ code: "ERR_OPTIONS_INVALID" });
    expect(String(error)).toMatch(/bytes together, more than 2097152/);
  });
});

describe("args", () => {
  it("none leaves the program's name, whoever gives arguments", async () => {
    expect(await linesOf({ args: "none" }, ["app"])).toContain("arg 0 /env.wasm");
    expect((await linesOf({ args: "none" }, ["app"])).join()).not.toContain("arg 1");
    expect((await linesOf({ args: "none" })).join()).not.toContain("arg 1");
    await using container = await engine.createContainer(env, { grants: { args: "none" } });
    const process = await container.exec(["/env.wasm", "more"]);
    await process.wait();
    expect(process.captured.stdout.toString()).not.toContain("arg 1");
    expect(process.args).toEqual(["/env.wasm"]);
  });
});

describe("fs", () => {
  const bind = (more: object = {}): Grants => ({
    fs: [{ source: data, target: "/data", ...more }],
  });

  it("mounts a directory that can only be read, without a word", async () => {
    expect(await tool(bind(), "read", "/data/all.txt")).toBe("all");
    expect(await tool(bind(), "write", "/data/all.txt", "x")).toBe("write /data/all.txt: EROFS");
  });

  it("mounts a part of a directory, and nothing beside it", async () => {
    const part = bind({ subPath: "tenants/7" });
    expect(await tool(part, "list", "/data")).toBe("f mine.txt");
    expect(await tool(part, "read", "/data/../../all.txt")).not.toContain("all\n");
    expect(await tool(part, "read", "/data/all.txt")).toBe("read /data/all.txt: ENOENT");
  });

  it("create-only lets files be made, and nothing be changed", async () => {
    const grants = bind({ access: "create-only" });
    expect(await tool(grants, "write", "/data/new.txt", "new")).toBe("");
    expect(await readFile(join(data, "new.txt"), "utf8")).toBe("new");
    expect(await tool(grants, "write", "/data/new.txt", "x")).toBe("write /data/new.txt: EPERM");
    expect(await tool(grants, "rm", "/data/new.txt")).toBe("rm /data/new.txt: EPERM");
  });

  it("bounds what is added to a directory", async () => {
    const bounded = bind({ access: "read-write", maxBytes: 8192, maxFiles: 2 });
    expect(await tool(bounded, "fill", "/data/big", "1000000")).toBe("fill /data/big: EDQUOT");
    const { fs } = (await engine.createContainer(files, { grants: bounded })).inspect().grants;
    expect(fs).toMatchObject([{ quota: { maxBytes: 8192, maxFiles: 2 } }]);
    const three = await tool(
      bounded,
      "mkdir",
      "/data/a",
      "then",
      "mkdir",
      "/data/b",
      "then",
      "mkdir",
      "/data/c",
    );
    expect(three).toBe("mkdir /data/c: EDQUOT");
  });

  it("gives memory that is gone with the process", async () => {
    const memory: Grants = { fs: [{ type: "memory", target: "/tmp", maxFiles: 1 }] };
    expect(await tool(memory, "write", "/tmp/a", "x", "then", "write", "/tmp/b", "x")).toBe(
      "write /tmp/b: ENOSPC",
    );
    expect(await tool(memory, "exists", "/tmp/a")).toBe("no");
  });
});

describe("clock, random and stdio", () => {
  test("inspect shows them with every default filled in", async () => {
    await using plain = await engine.createContainer(env);
    expect(plain.inspect().grants).toEqual({
      env: {},
      inheritEnv: [],
      args: "given",
      fs: [],
      http: [],
      sockets: { tcp: { connect: [], listen: [] }, udp: { connect: [], listen: [] }, lookup: [] },
      config: {},
      keyvalue: [],
      logging: false,
      clock: { kind: "frozen", startMs: Date.UTC(2020, 0, 1) },
      random: { kind: "secure" },
      stdio: { stdin: "pipe", stdout: "pipe", stderr: "pipe" },
    });
    await using other = await engine.createContainer(env, {
      grants: { clock: "coarse", random: "denied", stdio: { stdin: "null" } },
    });
    expect(other.inspect().grants).toMatchObject({
      clock: { kind: "coarse", resolutionMs: 100 },
      random: { kind: "denied" },
      stdio: { stdin: "null", stdout: "pipe", stderr: "pipe" },
    });
  });

  test("a stream that is null or denied gives nothing to the app", async () => {
    for (const stdout of ["null", "denied"] as const) {
      const { stdout: output } = await engine.run(env, { grants: { stdio: { stdout } } });
      expect(output).toHaveLength(0);
    }
  });

  test("stdin that is null is at its end, whatever the app gives", async () => {
    const cat = await engine.loadImage(guestPath("cat"));
    const options = { stdin: "text", grants: { stdio: { stdin: "null" } } } as const;
    expect((await engine.run(cat, options)).stdout.toString()).toBe("");
  });
});
