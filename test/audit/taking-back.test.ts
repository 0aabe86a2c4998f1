/** Grants that are narrowed or taken back while guests run: the next call sees it. */
import { readdir } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Container, type ContainerOptions, type Grants } from "safedock";
import { describe, expect, test } from "vitest";
import { useCommandFixture } from "../support/command-fixture.js";
import { auditGuest, CommandGuest } from "./command-guest.js";

const fixture = useCommandFixture();

const create = (grants: Grants, options: ContainerOptions = {}): Promise<Container> =>
  fixture.engine.createContainer(fixture.commands, { ...options, grants });
const writable = (): Grants => ({
  fs: [{ source: fixture.data, target: "/data", access: "read-write" }],
});

describe("taken back while the guest runs", () => {
  test("a directory: every call on it, also on what is open", async () => {
    await using container = await create(writable());
    const guest = await CommandGuest.start(container);
    expect(await guest.ask("hold 4 there")).toBe("SUCCESS");
    expect(await guest.ask("reread")).toBe("SUCCESS");
    container.revokeGrants(["fs:/data"]);
    expect(await guest.ask("open 4 there")).toBe("EACCES");
    expect(await guest.ask("create 4 new")).toBe("EACCES");
    expect(await guest.ask("list 4")).toBe("EACCES");
    expect(await guest.ask("reread")).toBe("EACCES");
    expect(await guest.ask("rewrite")).toBe("EACCES");
    expect(await guest.ask("stat 3 .")).toBe("SUCCESS");
    expect(await guest.end()).toBe(0);
    expect(await readdir(fixture.data)).toEqual(["there"]);
    expect(container.inspect().grants.fs).toEqual([]);
  });

  test("a directory: also in processes that start later, whatever becomes of its source", async () => {
    await using container = await create(writable());
    expect(await (await CommandGuest.start(container)).end()).toBe(0);
    container.revokeGrants(["fs:/data"]);
    const later = await CommandGuest.start(container);
    expect(await later.ask("open 4 there")).toBe("EACCES");
    expect(await later.end()).toBe(0);
    const { denials } = container.audit();
    expect(denials).toMatchObject([
      {
        kind: "fs",
        path: "/data/there",
        errno: "EACCES",
        count: 1,
        grant: { fs: [{ source: fixture.data }] },
      },
    ]);
  });

  test("a directory, before anything has run", async () => {
    await using container = await create(writable());
    container.revokeGrants(["fs:/data"]);
    const guest = await CommandGuest.start(container);
    expect(await guest.ask("open 4 there")).toBe("EACCES");
    expect(await guest.end()).toBe(0);
  });

  test("a directory: seen by a program that does nothing but read, long since compiled", async () => {
    const module = fileURLToPath(new URL("../guests/c/tools/readbench.wasm", import.meta.url));
    const image = await fixture.engine.loadImage(module);
    const grants: Grants = { fs: [{ source: fixture.data, target: "/data", access: "read-only" }] };
    const args = ["pread", "/data/there", "2000000000"];
    const limits = { timeoutMs: 30_000 };
    await using container = await fixture.engine.createContainer(image, { args, grants, limits });
    await container.start();
    await setTimeout(500);
    expect(container.inspect().state).toBe("running");
    container.revokeGrants(["fs:/data"]);
    expect(await container.wait()).toMatchObject({ code: 4, reason: "exited" });
    expect(container.audit().denials).toMatchObject([
      { kind: "fs", call: "read", path: "/data/there", errno: "EACCES", count: 1 },
    ]);
  });

  test("the right to write", async () => {
    await using container = await create(writable());
    const guest = await CommandGuest.start(container);
    expect(await guest.ask("create 4 one")).toBe("SUCCESS");
    expect(await guest.ask("hold 4 one")).toBe("SUCCESS");
    container.narrowGrants({
      fs: [{ source: fixture.data, target: "/data", access: "read-only" }],
    });
    expect(await guest.ask("create 4 two")).toBe("EROFS");
    expect(await guest.ask("rewrite")).toBe("EROFS");
    expect(await guest.ask("open 4 there")).toBe("SUCCESS");
    expect(await guest.end()).toBe(0);
    expect((await readdir(fixture.data)).toSorted()).toEqual(["one", "there"]);
    expect(container.inspect().grants.fs).toMatchObject([{ access: "read-only" }]);
  });

  test("random", async () => {
    await using container = await create({});
    const guest = await CommandGuest.start(container);
    expect(await guest.ask("random")).toBe("SUCCESS");
    container.revokeGrants(["random"]);
    expect(await guest.ask("random")).toBe("EPERM");
    expect(await guest.end()).toBe(0);
  });

  test("the clock: it stands still, and a sleep returns at once", async () => {
    await using container = await create({ clock: "real" });
    const guest = await CommandGuest.start(container);
    expect(await guest.ask("clock")).toBe("SUCCESS");
    container.revokeGrants(["clock"]);
    expect(await guest.ask("clock")).toBe("SUCCESS");
    expect(await guest.ask("sleep 600000")).toBe("SUCCESS");
    expect(await guest.end()).toBe(0);
    expect(container.audit().denials).toMatchObject([
      { kind: "clock", call: "clock_time_get", errno: "SUCCESS", grant: { clock: "real" } },
      { kind: "clock", call: "poll_oneoff" },
    ]);
  });

  test("the clock: no file tells the time in its place, also not to processes that start later", async () => {
    await using container = await create({ clock: "real" });
    const guest = await CommandGuest.start(container);
    expect(await guest.ask("create 3 before")).toBe("SUCCESS");
    expect(await guest.ask("newer 3 before")).toBe("SUCCESS");
    container.revokeGrants(["clock"]);
    expect(await guest.ask("clock")).toBe("SUCCESS");
    await setTimeout(20);
    expect(await guest.ask("create 3 after")).toBe("SUCCESS");
    expect(await guest.ask("newer 3 after")).toBe("SUCCESS");
    expect(await guest.end()).toBe(0);
    const later = await CommandGuest.start(container);
    expect(await later.ask("newer 3 after")).toBe("SUCCESS");
    expect(await later.end()).toBe(0);
  });

  test("stderr", async () => {
    await using container = await create({});
    const guest = await CommandGuest.start(container);
    expect(await guest.ask("error")).toBe("SUCCESS");
    container.revokeGrants(["stderr"]);
    expect(await guest.ask("error")).toBe("EBADF");
    expect(await guest.end()).toBe(0);
  });

  test("variables and arguments, for processes that start later", async () => {
    const grants = { env: { ONE: "1", TWO: { secret: "2" } } };
    await using container = await create(grants, { args: ["a", "b"] });
    const guest = await CommandGuest.start(container);
    const [env, args] = [await guest.ask("env"), await guest.ask("args")];
    container.revokeGrants(["env:TWO", "args"]);
    expect(await guest.ask("env")).toBe(env);
    expect(await guest.ask("args")).toBe(args);
    expect(await guest.end()).toBe(0);
    const later = await CommandGuest.start(container);
    expect(Number(await later.ask("env"))).toBe(Number(env) - 1000);
    expect(await later.ask("args")).toBe("1000");
    expect(await later.end()).toBe(0);
    expect(container.inspect().grants).toMatchObject({ env: { ONE: "1" }, args: "none" });
  });

  test("in every process of the container at once", async () => {
    await using container = await create({});
    const guests = [await CommandGuest.start(container)];
    for (const name of ["a", "b"]) {
      guests.push(new CommandGuest(await container.exec(["/commands.wasm", name])));
    }
    for (const guest of guests) expect(await guest.ask("random")).toBe("SUCCESS");
    container.revokeGrants(["random"]);
    for (const guest of guests) expect(await guest.ask("random")).toBe("EPERM");
    for (const guest of guests) expect(await guest.end()).toBe(0);
  });
});

describe("a guest that is in the middle of something", () => {
  test("calls again and again", async () => {
    await using container = await create(writable());
    const guest = await CommandGuest.start(container);
    for (const [command, revoked, errno] of [
      ["loop random", "random", "EPERM"],
      ["loop open 4 there", "fs:/data", "EACCES"],
    ] as const) {
      guest.send(command);
      expect(await guest.line()).toBe("looping");
      container.revokeGrants([revoked]);
      expect(await guest.answer()).toBe(errno);
    }
    expect(await guest.end()).toBe(0);
  });

  test("waits in a read of its stdin", async () => {
    await using container = await create({});
    const guest = await CommandGuest.start(container);
    expect(await guest.ask("clock")).toBe("SUCCESS");
    container.revokeGrants(["stdin"]);
    expect(await guest.process.wait()).toMatchObject({ code: 108, reason: "exited" });
    guest.process.stdin.write("dropped\n");
    expect(container.audit().denials).toMatchObject([{ kind: "stdio", path: "stdin" }]);
  });

  test("waits for its stdin in poll", async () => {
    await using container = await create({});
    const guest = await CommandGuest.start(container);
    // Both are read at once: after the first answer it reads no more of its stdin before it polls.
    guest.send("clock\npoll");
    expect(await guest.answer()).toBe("SUCCESS");
    container.revokeGrants(["stdin"]);
    expect(await guest.answer()).toBe("EBADF");
    expect(await guest.process.wait()).toMatchObject({ code: 108 });
  });

  test("waits for room in its stdout", async () => {
    const flood = await fixture.engine.loadImage(auditGuest("output-flood"));
    await using container = await fixture.engine.createContainer(flood);
    const main = await container.start();
    await expect.poll(() => container.audit().stdout).toBe(true);
    container.revokeGrants(["stdout"]);
    expect(await main.wait()).toMatchObject({ code: 8, reason: "exited" });
    expect(container.audit().denials).toMatchObject([{ kind: "stdio", path: "stdout", count: 1 }]);
  });

  test("has not begun", async () => {
    await using container = await create({});
    const starting = container.start();
    container.revokeGrants(["random", "stderr"]);
    const guest = new CommandGuest(await starting);
    expect(await guest.ask("random")).toBe("EPERM");
    expect(await guest.ask("error")).toBe("EBADF");
    expect(await guest.end()).toBe(0);
  });
});

describe("what cannot be", () => {
  test("names that are no grants of the container: all in one error, and nothing is done", async () => {
    await using container = await create({ ...writable(), env: { ONE: "1" } });
    const names = ["random", "fs:/else", "env:TWO", "http", "", 5] as string[];
    const attempt = () => container.revokeGrants(names);
    expect(attempt).toThrow(expect.objectContaining({ code: "ERR_OPTIONS_INVALID" }));
    try {
      attempt();
    } catch (error) {
      expect((error as { data: { problems: string[] } }).data.problems).toHaveLength(5);
    }
    expect(container.inspect().grants.random).toEqual({ kind: "secure" });
    expect(() => container.revokeGrants("random" as never)).toThrow(/must be an array/);
  });

  test.each<[string, Grants, Grants]>([
    ["another variable", {}, { env: { A: "1" } }],
    ["another value", { env: { A: "1" } }, { env: { A: "2" } }],
    ["an inherited variable", {}, { inheritEnv: ["HOME"] }],
    ["arguments", { args: "none" }, {}],
    ["a directory", {}, { fs: [{ type: "memory", target: "/tmp" }] }],
    ["host time", {}, { clock: "coarse" }],
    ["finer time", { clock: "coarse" }, { clock: "real" }],
    ["random bytes", { random: "denied" }, {}],
    ["a seed in place of secure bytes", {}, { random: { seed: 1 } }],
    ["another seed", { random: { seed: 1 } }, { random: { seed: 2 } }],
    ["a stream", { stdio: "denied" }, { stdio: "null" }],
  ])("more than is granted: %s", async (_name, granted, next) => {
    await using container = await create(granted);
    const before = container.inspect().grants;
    expect(() => container.narrowGrants(next)).toThrow(/more than is granted/);
    expect(container.inspect().grants).toEqual(before);
  });

  test("more of a directory: its source, its access, its quota", async () => {
    const mount = {
      source: fixture.data,
      target: "/data",
      access: "create-only",
      maxBytes: 100,
    } as const;
    await using container = await create({ fs: [mount] });
    for (const more of [
      { access: "read-write" },
      { source: fixture.folder },
      { maxBytes: 101 },
      { maxBytes: undefined },
    ] as const) {
      const wider = { ...mount, ...more } as typeof mount;
      expect(() => container.narrowGrants({ fs: [wider] })).toThrow(/fs \/data/);
    }
  });

  test("while a process runs: a smaller quota, a sub-path, another kind of time", async () => {
    const mount = { source: fixture.data, target: "/data", access: "read-write" } as const;
    await using container = await create({ fs: [mount], clock: "real" });
    const guest = await CommandGuest.start(container);
    for (const next of [
      { fs: [{ ...mount, maxBytes: 5 }], clock: "real" },
      { fs: [{ ...mount, subPath: "below" }], clock: "real" },
      { fs: [{ ...mount, access: "create-only" }], clock: "real" },
      { fs: [mount], clock: "coarse" },
      { fs: [mount], clock: "real", stdio: { stderr: "null" } },
    ] satisfies Grants[]) {
      expect(() => container.narrowGrants(next)).toThrow(
        expect.objectContaining({ code: "ERR_CONTAINER_STATE" }),
      );
    }
    expect(await guest.ask("random")).toBe("SUCCESS");
    expect(await guest.end()).toBe(0);
    container.narrowGrants({ fs: [{ ...mount, access: "create-only" }], clock: "coarse" });
    const later = await CommandGuest.start(container);
    expect(await later.ask("unlink 4 there")).toBe("EPERM");
    expect(await later.end()).toBe(0);
  });

  test("a removed container", async () => {
    const container = await create({});
    await container.remove();
    const removed = expect.objectContaining({ code: "ERR_CONTAINER_STATE" });
    expect(() => container.revokeGrants(["random"])).toThrow(removed);
    expect(() => container.narrowGrants({})).toThrow(removed);
  });
});

describe("what can be", () => {
  test("a quota where there was none, between two processes", async () => {
    const mount = { source: fixture.data, target: "/data", access: "read-write" } as const;
    await using container = await create({ fs: [mount] });
    const guest = await CommandGuest.start(container);
    expect(await guest.ask("mkdir 4 one")).toBe("SUCCESS");
    expect(await guest.end()).toBe(0);
    container.narrowGrants({ fs: [{ ...mount, maxFiles: 1 }] });
    const later = await CommandGuest.start(container);
    expect(await later.ask("mkdir 4 two")).toBe("SUCCESS");
    expect(await later.ask("mkdir 4 three")).toBe("EDQUOT");
    expect(await later.end()).toBe(0);
  });

  test("twice the same, and nothing less", async () => {
    const grants: Grants = { ...writable(), env: { KEY: { secret: "x" } }, clock: "real" };
    await using container = await create(grants);
    container.narrowGrants(grants);
    expect(container.inspect().grants).toMatchObject({ clock: { kind: "real" } });
    container.revokeGrants(["clock", "fs:/data", "env:KEY"]);
    container.revokeGrants(["clock", "fs:/data", "env:KEY"]);
    expect(container.inspect().grants).toMatchObject({
      fs: [],
      env: {},
      clock: { kind: "frozen" },
    });
  });

  test("a secret stays what it is where a hidden one stands for it", async () => {
    await using container = await create({ env: { KEY: { secret: "x" }, LOG: "1" } });
    const { grants } = container.audit();
    expect(JSON.stringify(grants)).not.toContain('"x"');
    container.narrowGrants({ ...grants, random: "denied" });
    expect(container.inspect().grants.random).toEqual({ kind: "denied" });
    const guest = await CommandGuest.start(container);
    expect(await guest.ask("env")).toBe("2000");
    expect(await guest.end()).toBe(0);
  });
});
