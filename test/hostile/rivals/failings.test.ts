/**
 * One test for each failing that was seen in another runtime and that a preview 1 guest can show. The same guest
 * runs on those runtimes in bench/hostile-comparison.mjs; the table is in SECURITY.md.
 */
import { existsSync } from "node:fs";
import { mkdir, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Engine, FsGrant, Image, RunOptions } from "safedock";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { guestPath } from "../../engine/guests.js";
import { openTestEngine, type TestEngine } from "../../support/test-engine.js";

const PROBE = fileURLToPath(new URL("../../guests/hostile/rivals/probe.wasm", import.meta.url));
const MiB = 2 ** 20;

let fixture: TestEngine;
let engine: Engine;
let probe: Image;
let host: string;
let mount: string;

beforeAll(async () => {
  fixture = await openTestEngine({ workers: 2 });
  engine = fixture.engine;
  probe = await engine.loadImage(PROBE);
});
afterAll(() => fixture.close());

/** mount/ is granted; secret and beside/ are not. */
beforeEach(async () => {
  host = join(fixture.folder, "host");
  mount = join(host, "mount");
  await mkdir(mount, { recursive: true });
  await mkdir(join(host, "beside"));
  await writeFile(join(host, "secret"), "secret of the host");
  for (const name of ["secret", "old", "victim"]) {
    await writeFile(join(host, "beside", name), "secret of the host");
  }
  for (const name of ["own", "own2"]) await writeFile(join(mount, name), "own");
  await symlink("../beside", join(mount, "out"));
});
afterEach(() => rm(host, { recursive: true, force: true }));

const granted = (access: "read-only" | "read-write" = "read-write"): readonly FsGrant[] => [
  { source: mount, target: "/mnt", access },
];

async function run(kind: string, options: RunOptions = {}) {
  const fs = granted();
  return engine.run(probe, { rootfs: "none", grants: { fs }, ...options, args: [kind] });
}

async function printed(kind: string, options: RunOptions = {}): Promise<string> {
  return (await run(kind, options)).stdout.toString();
}

test("links that a guest makes lead nowhere outside: x -> ., up -> x/.. (node:wasi, Extism)", async () => {
  expect(await printed("up")).toBe("refused: Operation not permitted\n");
  expect((await printed("link-up")).split("\n").at(-2)).toMatch(/^refused: /);
});

test("a link of the host in mid-path is not followed by mkdir, rename, link, utimes, unlink (node:wasi, Extism)", async () => {
  const before = await stat(join(host, "beside", "old"));
  const refused = ["mkdir", "rename", "link", "utimes", "unlink"];
  expect(await printed("out")).toBe(
    refused.map((name) => `${name}: Operation not permitted\n`).join(""),
  );
  expect(await readdir(join(host, "beside"))).toEqual(["old", "secret", "victim"]);
  expect((await stat(join(host, "beside", "old"))).mtimeMs).toBe(before.mtimeMs);
});

test("a second guest that exchanges a directory for a link wins no race (preview2-shim, node:wasi)", async () => {
  const grants = { fs: granted() };
  await using other = await engine.createContainer(probe, {
    args: ["flip"],
    rootfs: "none",
    grants,
  });
  await other.start();
  for (let turn = 0; turn < 4; turn++) {
    const { stdout } = await run("look", { limits: { timeoutMs: 20_000 } });
    expect(stdout.toString()).toBe("escaped 0 of 500\n");
  }
});

test("a mount can be read-only (preview2-shim, node:wasi)", async () => {
  const grants = { fs: granted("read-only") };
  expect(await printed("read-only", { grants })).toBe("write: Read-only file system\n");
  expect(existsSync(join(mount, "made"))).toBe(false);
});

test("a memory limit binds the guest's own memory (all others)", async () => {
  const { stdout, usage } = await run("memory", { limits: { memoryBytes: 32 * MiB } });
  expect(Number(/got (\d+)/.exec(stdout.toString())?.[1])).toBeLessThan(32);
  expect(usage.memoryBytes).toBeLessThanOrEqual(32 * MiB);
});

test("a loop is stopped, and its processor is free again (Extism, @wasmer/sdk)", async () => {
  const { reason, code } = await run("loop", { limits: { timeoutMs: 100 } });
  expect({ reason, code }).toEqual({ reason: "timeout", code: 137 });
  // The worker that takes its place begins in this time too.
  await new Promise((resolve) => setTimeout(resolve, 500));
  const before = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(300);
});

test("a guest's exit ends the guest alone, and its code arrives (preview2-shim)", async () => {
  expect(await run("exit")).toMatchObject({ code: 7, reason: "exited" });
});

test("the host's environment is never the guest's (preview2-shim)", async () => {
  process.env["SECRET_OF_HOST"] = "1";
  try {
    expect(await printed("env")).not.toContain("SECRET_OF_HOST");
  } finally {
    delete process.env["SECRET_OF_HOST"];
  }
});

test("stdout is bytes: nothing is decoded, no newline lost (runno, @wasmer/wasi)", async () => {
  const { stdout } = await run("binary");
  expect(stdout).toEqual(Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)));
});

test("100 MiB of stdout leave nothing in the heap (@tybys/wasm-util)", async () => {
  const flood = await engine.loadImage(guestPath("flood"));
  await using container = await engine.createContainer(flood, { args: ["100"] });
  let bytes = 0;
  let most = 0;
  const main = await container.start();
  for await (const chunk of main.stdout) {
    bytes += (chunk as Buffer).length;
    most = Math.max(most, main.stdout.readableLength);
  }
  expect(bytes).toBe(100 * MiB);
  expect(most).toBeLessThan(4 * MiB);
});

test("stdin and stdout are streams, and need no descriptors of the host (node:wasi)", async () => {
  const cat = await engine.loadImage(guestPath("cat"));
  await using container = await engine.createContainer(cat);
  const main = await container.start();
  Readable.from(["a", "b"]).pipe(main.stdin);
  const chunks: Buffer[] = [];
  for await (const chunk of main.stdout) chunks.push(chunk as Buffer);
  expect(Buffer.concat(chunks).toString()).toBe("ab");
});

test("a program without arguments can still read its name (node:wasi, Extism)", async () => {
  const { stdout } = await engine.run(probe, { rootfs: "none", args: [] });
  expect(stdout.toString()).toBe("1 arguments\n");
});

test("what is printed just before the exit arrives (jco run)", async () => {
  expect((await run("flood")).stdout).toHaveLength(262_144);
  await using container = await engine.createContainer(probe, { args: ["flood"] });
  const main = await container.start();
  let bytes = 0;
  for await (const chunk of main.stdout) bytes += (chunk as Buffer).length;
  expect(bytes).toBe(262_144);
});

test("a NUL in a path is an errno (preview2-shim)", async () => {
  expect(await printed("nul")).toMatch(/^errno [1-9]/);
});

test("a stdout that the app has closed does not hold the guest up (jco run)", async () => {
  const flood = await engine.loadImage(guestPath("flood"));
  await using container = await engine.createContainer(flood, {
    args: ["16"],
    limits: { timeoutMs: 20_000 },
  });
  const main = await container.start();
  main.stdout.destroy();
  expect((await main.wait()).reason).toBe("exited");
});

test("input that does not come holds up the guest alone (node:wasi, preview2-shim)", async () => {
  await using container = await engine.createContainer(probe, { args: ["read"] });
  const main = await container.start();
  await expect.poll(() => main.status, { timeout: 200 }).toBeUndefined();
  expect((await engine.run(probe, { args: ["exit"] })).code).toBe(7);
  main.stdin.end("now");
  expect(await main.wait()).toMatchObject({ code: 0 });
  expect(main.captured.stdout.toString()).toBe("read 3\n");
});

test("nanoseconds of a file's times are kept (all others)", async () => {
  expect(await printed("times")).toBe("123456789 987654321\n");
});

test("a file opened with no rights can be read (node:wasi)", async () => {
  expect(await printed("no-rights")).toBe("errno 0, read 3\n");
});

test("a memory that has grown since the last call is seen whole", async () => {
  expect(await printed("grow")).toBe("grown\n".repeat(20));
});

test("descriptors that a guest leaves open are closed with it (node:wasi, preview2-shim)", async () => {
  const open = async () => (await readdir("/proc/self/fd").catch(() => [])).length;
  const before = await open();
  for (let turn = 0; turn < 3; turn++) expect(await printed("descriptors")).toBe("got 500\n");
  expect(await open()).toBeLessThan(before + 100);
});

test("a component's core names never become host code (jco-transpile)", async () => {
  const name = "x'];globalThis.PWNED=1;//";
  const head = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];
  // One core instance without a module, whose one export has that name.
  const instance = [2, 6 + name.length, 1, 1, 1, name.length, ...Buffer.from(name), 0, 0];
  const refused = engine
    .loadImage(Buffer.from([...head, ...instance]))
    .then((image) => engine.run(image));
  await expect(refused).rejects.toMatchObject({
    code: "ERR_COMPONENT_NAME_UNSAFE",
    data: { name: JSON.stringify(name) },
  });
  expect(globalThis).not.toHaveProperty("PWNED");
});
