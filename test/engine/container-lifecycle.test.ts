import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { openEngine, type Container, type Engine, type Image } from "safedock";
import { wasmImage, startRegistry } from "safedock/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { guestBytes, guestPath } from "./guests.js";

let engine: Engine;
let fixture: TestEngine;
let files: Image;
let loop: Image;

beforeAll(async () => {
  fixture = await openTestEngine();
  engine = fixture.engine;
  await using registry = await startRegistry();
  await registry.push(
    "test/files:1",
    await wasmImage({
      files: {
        "/bin/files.wasm": await guestBytes("files"),
        "/bin/env.wasm": await guestBytes("env"),
        "/bin/loop.wasm": await guestBytes("loop"),
        "/etc/motd": "hello from the image\n",
      },
      entrypoint: ["/bin/files.wasm"],
      cmd: ["read", "/etc/motd"],
      env: { FROM_IMAGE: "yes", BOTH: "image" },
      workingDir: "/etc",
    }),
  );
  files = await engine.pullImage(`${registry.host}/test/files:1`);
  loop = await engine.loadImage(guestPath("loop"));
});

afterAll(async () => {
  await fixture.close();
});

async function outputOf(container: Container, args?: readonly string[]): Promise<string> {
  const process = args === undefined ? await container.start() : await container.exec(args);
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdout) chunks.push(chunk as Buffer);
  await process.wait();
  return Buffer.concat(chunks).toString();
}

describe("a container", () => {
  it("goes from created over running to exited", async () => {
    const cat = await engine.loadImage(guestPath("cat"));
    await using container = await engine.createContainer(cat);
    expect(container.state).toBe("created");
    const process = await container.start(); // runs until its stdin ends
    expect(container.state).toBe("running");
    process.stdin.end();
    await container.wait();
    expect(container.state).toBe("exited");
  });

  it("says how it ended, and starts again", async () => {
    await using container = await engine.createContainer(files);
    const process = await container.start();
    const status = await container.wait();
    expect(status).toMatchObject({ code: 0, reason: "exited" });
    expect(status.detail).toBeUndefined();
    expect(status.durationMs).toBeGreaterThan(0);
    expect(status.usage).toMatchObject({ wallMs: status.durationMs });
    expect(status.usage.memoryBytes).toBeGreaterThanOrEqual(65_536);
    expect(status.usage.hostCalls).toBeGreaterThan(2);
    expect(status.usage.readBytes).toBeGreaterThanOrEqual(21);
    expect(status.usage.writtenBytes).toBe(21);
    expect(process.status).toEqual(status);
    expect(process.captured.stdout.toString()).toBe("hello from the image\n");
    expect(container.state).toBe("exited");
    expect(await outputOf(container)).toBe("hello from the image\n");
  });

  it("passes Entrypoint and Cmd as argv, and args in place of Cmd", async () => {
    await using byDefault = await engine.createContainer(files);
    expect((await byDefault.start()).args).toEqual(["/bin/files.wasm", "read", "/etc/motd"]);
    await byDefault.wait();
    await using replaced = await engine.createContainer(files, { args: ["exists", "/nothing"] });
    expect(await outputOf(replaced)).toBe("no\n");
  });

  it("gives the image's environment, PWD, and what was granted, but nothing of the host", async () => {
    process.env["SAFEDOCK_TEST_SECRET"] = "host";
    await using container = await engine.createContainer(files, {
      grants: { env: { BOTH: "grant" } },
    });
    const lines = (await outputOf(container, ["/bin/env.wasm"])).trim().split("\n");
    delete process.env["SAFEDOCK_TEST_SECRET"];
    expect(lines).toEqual([
      "arg 0 /bin/env.wasm",
      "env FROM_IMAGE=yes",
      "env BOTH=grant",
      "env PWD=/etc",
    ]);
    const process2 = await container.exec(["/bin/env.wasm"], { env: { MORE: "1" } });
    await process2.wait();
    expect(process2.captured.stdout.toString()).toContain("env MORE=1\n");
  });

  it("execs from creation until removal, over the same files", async () => {
    await using container = await engine.createContainer(files, {
      args: ["write", "/note", "first"],
    });
    expect(await outputOf(container, ["/bin/files.wasm", "exists", "/note"])).toBe("no\n");
    await container.start();
    await container.wait();
    expect(await outputOf(container, ["bin/../../bin/files.wasm", "read", "/note"])).toBe("first");
    await outputOf(container, ["/bin/files.wasm", "append", "/note", " second"]);
    expect(await outputOf(container, ["/bin/files.wasm", "read", "/note"])).toBe("first second");
    expect(container.stats()).toMatchObject({
      processes: 0,
      writableFiles: 1,
      writableBytes: 4096,
    });
    await container.remove();
    await expect(container.exec(["/bin/files.wasm"])).rejects.toMatchObject({
      code: "ERR_CONTAINER_STATE",
    });
  });

  it("shares its files between processes that run at the same time", async () => {
    await using container = await engine.createContainer(files, { args: ["x"] });
    const main = await container.exec(["/bin/loop.wasm"]);
    await outputOf(container, ["/bin/files.wasm", "write", "/shared", "now"]);
    expect((await container.fs.readFile("/shared")).toString()).toBe("now");
    expect(await outputOf(container, ["/bin/files.wasm", "read", "/shared"])).toBe("now");
    await main.kill();
    expect(await main.wait()).toMatchObject({ code: 137, reason: "killed" });
  });

  it("execs a program that was written into it", async () => {
    await using container = await engine.createContainer(files);
    await container.fs.mkdir("/opt/tools", { recursive: true });
    await container.fs.writeFile("/opt/tools/env.wasm", await guestBytes("env"));
    expect(await outputOf(container, ["/opt/tools/env.wasm", "x"])).toContain("arg 1 x\n");
    await container.fs.writeFile("/bin/env.wasm", await guestBytes("hello"));
    expect(await outputOf(container, ["/bin/env.wasm"])).toBe("hello\n");
  });

  it("stops a program that ignores the end of its input by a kill after the grace", async () => {
    await using container = await engine.createContainer(loop);
    await container.start();
    const began = performance.now();
    expect(await container.stop({ graceMs: 100 })).toMatchObject({ code: 137, reason: "killed" });
    expect(performance.now() - began).toBeGreaterThan(95);
  });

  it("stops a program that reads its input by ending that", async () => {
    const cat = await engine.loadImage(guestPath("cat"));
    await using container = await engine.createContainer(cat);
    const process = await container.start();
    process.stdin.write("last words");
    expect(await container.stop({ graceMs: 10_000 })).toMatchObject({ code: 0, reason: "exited" });
    expect(process.captured.stdout.toString()).toBe("last words");
  });

  it("kills all that runs in it", async () => {
    await using container = await engine.createContainer(loop);
    await container.start();
    const second = await container.exec(["/loop.wasm"]);
    expect(container.stats().processes).toBe(2);
    await container.kill();
    expect(await container.wait()).toMatchObject({ code: 137, reason: "killed" });
    expect(await second.wait()).toMatchObject({ code: 137, reason: "killed" });
    expect(container.stats().processes).toBe(0);
  });

  it("is killed by the signal of its start", async () => {
    const controller = new AbortController();
    await using container = await engine.createContainer(loop);
    await container.start({ signal: controller.signal });
    controller.abort(new Error("enough"));
    expect(await container.wait()).toMatchObject({ code: 137, reason: "killed" });
    await expect(container.start({ signal: controller.signal })).rejects.toThrow("enough");
  });

  it("refuses verbs that do not fit its state", async () => {
    const container = await engine.createContainer(loop);
    await expect(container.wait()).rejects.toMatchObject({ code: "ERR_CONTAINER_STATE" });
    await expect(container.stop()).rejects.toMatchObject({ code: "ERR_CONTAINER_STATE" });
    await container.start();
    await expect(container.start()).rejects.toMatchObject({
      code: "ERR_CONTAINER_STATE",
      data: { id: container.id, state: "running", verb: "start" },
    });
    await expect(container.remove()).rejects.toMatchObject({ code: "ERR_CONTAINER_STATE" });
    await container.remove({ force: true });
    await container.remove();
    await container[Symbol.asyncDispose]();
    await expect(container.start()).rejects.toMatchObject({ data: { state: "removed" } });
    await expect(container.fs.readdir("/")).rejects.toMatchObject({ code: "ERR_CONTAINER_STATE" });
    expect(engine.containers.get(container.id)).toBeUndefined();
  });

  it("leaves nothing of its writable layer on the disk", async () => {
    const container = await engine.createContainer(files, { args: ["write", "/note", "x"] });
    await container.start();
    await container.wait();
    const layers = join(engine.root, "containers");
    const [own = ""] = await readdir(layers);
    expect(await readdir(join(layers, own))).toEqual([container.id]);
    await container.remove();
    expect(await readdir(join(layers, own))).toEqual([]);
  });

  it("says what it is, as plain data", async () => {
    await using container = await engine.createContainer(files, {
      grants: {
        env: { A: "1" },
        fs: [{ type: "memory", target: "/tmp" }],
        clock: "real",
        random: { seed: 7 },
      },
      limits: { timeoutMs: 1000 },
      rootfs: "read-only",
    });
    const info = container.inspect();
    expect(JSON.parse(JSON.stringify(info))).toMatchObject({
      id: container.id,
      state: "created",
      image: { digest: files.digest, reference: files.reference },
      rootfs: "read-only",
      grants: {
        env: { A: "1" },
        fs: [{ type: "memory", target: "/tmp" }],
        clock: { kind: "real" },
        random: { kind: "seeded", seed: "7" },
      },
      limits: { timeoutMs: 1000 },
    });
    expect(engine.containers.list()).toContain(container);
    expect(engine.inspect()).toMatchObject({ root: engine.root, closed: false });
  });

  it("tells its life in events of the engine", async () => {
    const seen: string[] = [];
    const listen = (name: "create" | "start" | "exit" | "remove") =>
      engine.on(name, () => seen.push(name));
    for (const name of ["create", "start", "exit", "remove"] as const) listen(name);
    {
      await using container = await engine.createContainer(files);
      await container.start();
      await container.wait();
    }
    engine.removeAllListeners();
    expect(seen).toEqual(["create", "start", "exit", "remove"]);
  });
});

describe("the root filesystem", () => {
  const write = { args: ["write", "/x", "1", "then", "read", "/x"] };

  it.each([
    ["writable", "1", ""],
    ["memory", "1", ""],
    ["read-only", "", "write /x: EROFS\n"],
  ] as const)("%s", async (rootfs, stdout, stderr) => {
    const result = await engine.run(files, { ...write, rootfs });
    expect([result.stdout.toString(), result.stderr.toString()]).toEqual([stdout, stderr]);
  });

  it("none shows no files of the image, and still runs its program", async () => {
    const result = await engine.run(files, { args: ["read", "/etc/motd"], rootfs: "none" });
    expect(result.code).toBe(1);
    expect(result.stdout.length).toBe(0);
  });

  it("memory is private to each process", async () => {
    await using container = await engine.createContainer(files, { ...write, rootfs: "memory" });
    expect(await outputOf(container)).toBe("1");
    expect(await outputOf(container, ["/bin/files.wasm", "exists", "/x"])).toBe("no\n");
  });
});

describe("an engine", () => {
  it("ends all that runs when it is closed, and refuses every verb then", async () => {
    const own = await openEngine({ root: join(fixture.folder, "closing") });
    const image = await own.loadImage(guestPath("loop"));
    const container = await own.createContainer(image);
    await container.start();
    const waiting = container.wait();
    await own.close();
    expect(await waiting).toMatchObject({ code: 137, reason: "killed" });
    await own.close();
    for (const verb of [
      () => own.run(image),
      () => own.pullImage("hello"),
      () => own.loadImage(guestPath("loop")),
      () => own.createContainer(image),
      () => own.images.list(),
      () => container.start(),
    ]) {
      await expect(verb()).rejects.toMatchObject({ code: "ERR_ENGINE_CLOSED" });
    }
    expect(await readdir(join(own.root, "containers"))).toEqual([]);
  });
});
