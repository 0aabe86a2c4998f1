/** Each kind of call that is refused for want of a grant is told to the app, with the grant that would do. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ContainerOptions, DeniedEvent, Image } from "safedock";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { auditGuest, CommandGuest } from "./command-guest.js";

let fixture: TestEngine;
let commands: Image;
let data: string;
const told: DeniedEvent[] = [];

beforeAll(async () => {
  fixture = await openTestEngine();
  commands = await fixture.engine.loadImage(auditGuest("commands"));
  data = join(fixture.folder, "data");
  await mkdir(data);
  await writeFile(join(data, "there"), "some bytes");
  fixture.engine.on("denied", (event) => told.push(event));
});

afterAll(() => fixture.close());

afterEach(() => {
  told.length = 0;
});

/** What was told of one command, without what names the container. */
async function denialsOf(command: string, options: ContainerOptions) {
  told.length = 0;
  await using container = await fixture.engine.createContainer(commands, options);
  const guest = await CommandGuest.start(container);
  const errno = await guest.ask(command);
  expect(await guest.end()).toBe(0);
  expect(told.every(({ process }) => process === guest.process)).toBe(true);
  expect(told.every((event) => event.container === container)).toBe(true);
  expect(told.every(({ image }) => image === commands)).toBe(true);
  const own = ["container", "process", "image"];
  const events = told.map((event) =>
    Object.fromEntries(Object.entries(event).filter(([name]) => !own.includes(name))),
  );
  return { errno, events };
}

describe("denied", () => {
  const mount = (access: "read-only" | "create-only" | "read-write") => ({
    grants: { fs: [{ source: data, target: "/data", access }] },
  });
  const needs = (access: string) => ({
    fs: [{ type: "bind", source: data, target: "/data", access }],
  });

  test("fs: a way out of a mount, which no grant allows", async () => {
    const { errno, events } = await denialsOf("open 4 ../../etc/x", mount("read-write"));
    expect(errno).toBe("EPERM");
    expect(events).toEqual([
      { kind: "fs", call: "path_open", path: "/../etc/x", errno: "EPERM", suppressed: 0 },
    ]);
  });

  test("fs: an absolute path", async () => {
    const { errno, events } = await denialsOf("stat 3 /etc/passwd", {});
    expect(errno).toBe("EPERM");
    expect(events).toMatchObject([{ kind: "fs", call: "path_filestat_get", path: "/etc/passwd" }]);
    expect(events[0]).not.toHaveProperty("grant");
  });

  test("fs: a link to an absolute path", async () => {
    const { errno, events } = await denialsOf("symlink 4 link", mount("read-write"));
    expect(errno).toBe("EPERM");
    expect(events).toMatchObject([{ kind: "fs", call: "path_symlink", path: "/data/link" }]);
  });

  test("fs: writing where only reading is granted", async () => {
    const { errno, events } = await denialsOf("create 4 new", mount("read-only"));
    expect(errno).toBe("EROFS");
    expect(events).toMatchObject([
      { kind: "fs", path: "/data/new", errno: "EROFS", grant: needs("create-only") },
    ]);
  });

  test("fs: removing where only making is granted", async () => {
    const { errno, events } = await denialsOf("unlink 4 there", mount("create-only"));
    expect(errno).toBe("EPERM");
    expect(events).toMatchObject([
      { kind: "fs", path: "/data/there", errno: "EPERM", grant: needs("read-write") },
    ]);
  });

  test("clock: processor time, which no grant allows", async () => {
    const { errno, events } = await denialsOf("cpu", { grants: { clock: "real" } });
    expect(errno).toBe("EBADF");
    expect(events).toEqual([
      { kind: "clock", call: "clock_time_get", errno: "EBADF", suppressed: 0 },
    ]);
  });

  test("random", async () => {
    const { errno, events } = await denialsOf("random", { grants: { random: "denied" } });
    expect(errno).toBe("EPERM");
    expect(events).toMatchObject([
      { kind: "random", call: "random_get", errno: "EPERM", grant: { random: "secure" } },
    ]);
  });

  test("stdio", async () => {
    const { errno, events } = await denialsOf("error", {
      grants: { stdio: { stderr: "denied" } },
    });
    expect(errno).toBe("EBADF");
    expect(events).toMatchObject([
      {
        ...{ kind: "stdio", call: "fd_write", path: "stderr", errno: "EBADF" },
        grant: { stdio: { stderr: "pipe" } },
      },
    ]);
  });

  test("sockets, which no grant allows", async () => {
    const { errno, events } = await denialsOf("sock", {});
    expect(errno).toBe("ENOTSOCK");
    expect(events).toEqual([
      { kind: "sockets", call: "sock_shutdown", errno: "ENOTSOCK", suppressed: 0 },
    ]);
  });

  test("nothing for what is granted, and for what is not there", async () => {
    const { errno, events } = await denialsOf("open 3 nowhere", mount("read-only"));
    expect(errno).toBe("ENOENT");
    expect(events).toEqual([]);
  });

  test("fs, in engine.run, with the right one of many mounts", async () => {
    const other = { type: "memory", target: "/tmp" } as const;
    const fs = [other, { source: data, target: "/data" }];
    await fixture.engine.run(commands, { stdin: "mkdir 5 new\n", grants: { fs } });
    expect(told).toMatchObject([{ path: "/data/new", grant: needs("create-only") }]);
  });

  test("in engine.run, without a container", async () => {
    await fixture.engine.run(commands, { stdin: "random\n", grants: { random: "denied" } });
    expect(told).toMatchObject([{ kind: "random", image: commands }]);
    expect(told[0]?.container).toBeUndefined();
  });

  test("by its grant: what is told to be granted is enough", async () => {
    const { events } = await denialsOf("create 4 granted", mount("read-only"));
    const grants = told[0]?.grant ?? {};
    expect(events).toHaveLength(1);
    expect((await denialsOf("create 4 granted", { grants })).errno).toBe("SUCCESS");
  });

  test("streams that are denied are no numbers for files", async () => {
    await using container = await fixture.engine.createContainer(commands, {
      ...mount("read-only"),
      grants: { ...mount("read-only").grants, stdio: { stderr: "denied" } },
    });
    const guest = await CommandGuest.start(container);
    expect(await guest.ask("hold 4 there")).toBe("EROFS");
    expect(await guest.ask("open 4 there")).toBe("SUCCESS");
    expect(await guest.ask("error")).toBe("EBADF");
    expect(await guest.end()).toBe(0);
  });

  test("streams that are null take and give nothing", async () => {
    const { code, stdout } = await fixture.engine.run(commands, {
      stdin: "clock\n",
      grants: { stdio: { stdin: "null" } },
    });
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 0, stdout: "" });
    expect(told).toEqual([]);
  });

  test("a stdin that is not granted drops what the app writes", async () => {
    await using container = await fixture.engine.createContainer(commands, {
      grants: { stdio: { stdin: "denied" } },
    });
    const main = await container.start();
    await new Promise((resolve) => main.stdin.write(Buffer.alloc(2 ** 20), resolve));
    expect(await main.wait()).toMatchObject({ code: 108 });
    expect(told).toMatchObject([{ kind: "stdio", call: "fd_read", path: "stdin" }]);
  });
});
