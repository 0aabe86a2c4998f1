/** container.diff, container.commit, container.export: what they show and what they make. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { isSafedockError, type Container, type Engine, type Image } from "safedock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { guestBytes } from "../engine/guests.js";
import { hostileGuest } from "../hostile/files/hostile-guest.js";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { expectCleanStore } from "../support/verify-clean.js";
import { readConfig, readManifest } from "./stored-image.js";
import { treeOf } from "./container-tree.js";

const run = promisify(execFile);
let fixture: TestEngine;
let engine: Engine;
let image: Image;

beforeAll(async () => {
  fixture = await openTestEngine();
  engine = fixture.engine;
  image = await engine.buildImage({
    files: {
      "/bin/files.wasm": { content: await guestBytes("files"), mode: 0o755 },
      "/bin/loop.wasm": await guestBytes("loop"),
      "/a/b/c": "1",
      "/a/b/d": "2",
      "/gone/x": "x",
      "/dir/f": "f",
      "/dir/g/h": "h",
      "/same/deep/file": "same",
      "/link": { symlink: "a" },
      "/to-dir": "file",
      "/tool": { content: "#!", mode: 0o750 },
    },
    entrypoint: ["/bin/files.wasm"],
    env: { A: "1" },
    reference: "acme/files:1",
  });
});

afterAll(async () => {
  await engine.close();
  await expectCleanStore(engine.root);
  await fixture.close();
});

async function guest(container: Container, ...words: string[]): Promise<void> {
  const process = await container.exec(["/bin/files.wasm", ...words]);
  const { code } = await process.wait();
  if (code !== 0) throw new Error(process.captured.stderr.toString());
}

async function diffOf(container: Container): Promise<string[]> {
  return (await container.diff()).map(({ kind, path }) => `${kind[0]?.toUpperCase()} ${path}`);
}

/** Changes of every kind, by the guest and by the app. */
async function changeAll(container: Container): Promise<void> {
  await guest(
    container,
    "write",
    "/a/b/c",
    "changed",
    "then",
    "rm",
    "/gone/x",
    "then",
    "rmdir",
    "/gone",
  );
  await guest(
    container,
    "rm",
    "/to-dir",
    "then",
    "mkdir",
    "/to-dir",
    "then",
    "write",
    "/to-dir/in",
    "i",
  );
  await guest(container, "write", "/one", "1", "then", "ln", "/one", "/two");
  await guest(container, "append", "/tool", "!");
  await container.fs.rm("/dir", { recursive: true });
  await container.fs.mkdir("/dir/g", { recursive: true });
  await container.fs.writeFile("/dir/g/new", "new");
  await container.fs.rm("/link");
  await container.fs.symlink("nowhere", "/link");
  await container.fs.writeFile("/ünï", "é");
}

describe("container.diff", () => {
  it("lists nothing for a container that nothing has changed, also after a run", async () => {
    await using container = await engine.createContainer(image);
    expect(await container.diff()).toEqual([]);
    await guest(container, "list", "/", "then", "read", "/a/b/c");
    expect(await container.diff()).toEqual([]);
  });

  it("lists what guest and app have added, changed and deleted, as docker diff does", async () => {
    await using container = await engine.createContainer(image);
    await changeAll(container);
    expect(await diffOf(container)).toEqual([
      "C /a",
      "C /a/b",
      "C /a/b/c",
      "C /dir",
      "D /dir/f",
      "C /dir/g",
      "D /dir/g/h",
      "A /dir/g/new",
      "D /gone",
      "C /link",
      "A /one",
      "C /to-dir",
      "A /to-dir/in",
      "C /tool",
      "A /two",
      "A /ünï",
    ]);
    const types = new Map((await container.diff()).map(({ path, type }) => [path, type]));
    expect([
      types.get("/gone"),
      types.get("/link"),
      types.get("/dir/f"),
      types.get("/to-dir"),
    ]).toEqual(["directory", "symlink", "file", "directory"]);
  });

  it("lists a file that was deleted where the layer has no directory", async () => {
    await using container = await engine.createContainer(image, { limits: { writableFiles: 0 } });
    await container.fs.rm("/a/b/c");
    expect(await diffOf(container)).toEqual(["C /a", "C /a/b", "D /a/b/c"]);
  });

  it("does not look into mounts", async () => {
    const source = await mkdtemp(join(fixture.folder, "mount-"));
    const fs = [
      { source, target: "/same", access: "read-write" as const },
      { type: "memory" as const, target: "/tmp" },
    ];
    await using container = await engine.createContainer(image, { grants: { fs } });
    await guest(container, "write", "/same/new", "1", "then", "write", "/tmp/x", "2");
    expect(await container.diff()).toEqual([]);
    expect(await readdir(source)).toEqual(["new"]);
  });
});

describe("container.commit", () => {
  it("makes an image whose containers see what the container saw", async () => {
    await using container = await engine.createContainer(image);
    await changeAll(container);
    const committed = await container.commit({
      reference: "acme/files:2",
      message: "changes of every kind",
      author: "Ada",
      createdAt: "2026-05-06T07:08:09Z",
      cmd: ["list", "/to-dir"],
      env: { B: "2" },
      labels: { note: "x" },
    });
    expect(committed).toMatchObject({ reference: "docker.io/acme/files:2", platform: "wasi/wasm" });
    await using again = await engine.createContainer(committed);
    expect(await treeOf(again)).toEqual(await treeOf(container));
    expect(await again.diff()).toEqual([]);
    expect((await engine.run("acme/files:2")).stdout.toString()).toBe("f in\n");
    const [before, after] = [
      await readManifest(engine, image),
      await readManifest(engine, committed),
    ];
    expect(after.layers.slice(0, -1)).toEqual(before.layers);
    expect(await readConfig(engine, committed)).toMatchObject({
      created: "2026-05-06T07:08:09Z",
      author: "Ada",
      config: { Entrypoint: ["/bin/files.wasm"], Cmd: ["list", "/to-dir"], Env: ["A=1", "B=2"] },
      history: [{}, { comment: "changes of every kind", created_by: "safedock container.commit" }],
    });
  });

  it("of nothing but the config adds no layer", async () => {
    await using container = await engine.createContainer(image);
    const committed = await container.commit({ cmd: ["list", "/"] });
    expect((await readManifest(engine, committed)).layers).toEqual(
      (await readManifest(engine, image)).layers,
    );
    expect((await readConfig(engine, committed)).history.at(-1)).toMatchObject({
      empty_layer: true,
    });
  });

  it("can be done again on what was committed", async () => {
    let base = image;
    for (const step of ["/x", "/y", "/x"]) {
      await using container = await engine.createContainer(base);
      if (await container.fs.exists(step)) await container.fs.rm(step);
      else await container.fs.writeFile(step, step);
      base = await container.commit();
    }
    await using container = await engine.createContainer(base);
    expect(await container.fs.exists("/x")).toBe(false);
    expect((await container.fs.readFile("/y")).toString()).toBe("/y");
    expect((await readManifest(engine, base)).layers).toHaveLength(4);
  });

  it("of a module that was loaded from a file works too", async () => {
    const loaded = await engine.loadImage(await guestBytes("files"));
    await using container = await engine.createContainer(loaded);
    await container.fs.writeFile("/note", "n");
    const committed = await container.commit({ cmd: ["read", "/note"] });
    expect((await engine.run(committed)).stdout.toString()).toBe("n");
  });

  it("is refused while a process runs, unless that is wanted; later processes wait for it", async () => {
    await using container = await engine.createContainer(image);
    const loop = await container.exec(["/bin/loop.wasm"]);
    await expect(container.commit()).rejects.toMatchObject({ code: "ERR_CONTAINER_STATE" });
    await container.fs.writeFile("/now", "1");
    const commit = container.commit({ whileRunning: true });
    const later = await container.exec(["/bin/files.wasm", "write", "/later", "1"]);
    await later.wait();
    await loop.kill();
    await using again = await engine.createContainer(await commit);
    expect([await again.fs.exists("/now"), await again.fs.exists("/later")]).toEqual([true, false]);
    expect(await container.fs.exists("/later")).toBe(true);
  });

  it("refuses what is too deep or long for a layer, and says which path it is", async () => {
    const loaded = await engine.loadImage(hostileGuest("deep-directories"));
    await using container = await engine.createContainer(loaded, { args: ["200"] });
    expect((await (await container.start()).wait()).code).toBe(0);
    const error: unknown = await container.commit().catch((e: unknown) => e);
    if (!isSafedockError(error, "ERR_CONTAINER_FILE")) throw error;
    expect(error.message).toMatch(
      /ENAMETOOLONG, its path in the layer lies deeper than 256 directories \(/,
    );
    expect(error.message.length).toBeLessThan(400);
    expect(error.data).toMatchObject({ path: "/d".repeat(257), errno: "ENAMETOOLONG" });
    await using linked = await engine.createContainer(image);
    await linked.fs.symlink("x".repeat(300), "/far");
    await expect(linked.commit()).rejects.toMatchObject({
      code: "ERR_CONTAINER_FILE",
      data: { path: "/far", errno: "ENAMETOOLONG" },
    });
  });

  it("refuses what a layer cannot hold, and leaves the store as it was", async () => {
    await using container = await engine.createContainer(image);
    await guest(container, "mkdir", "/d", "then", "write", "/d/.wh.a", "forged");
    const stored = async () =>
      (await readdir(join(engine.root, "v1"), { recursive: true })).toSorted();
    const before = await stored();
    await expect(container.commit()).rejects.toMatchObject({
      code: "ERR_CONTAINER_FILE",
      data: { path: "/d/.wh.a", errno: "EINVAL" },
    });
    const reason = new Error("enough");
    await expect(container.commit({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const error: unknown = await container
      .commit({ reference: "UPPER", bogus: 1, createdAt: "never" } as object)
      .catch((e: unknown) => e);
    if (!isSafedockError(error, "ERR_OPTIONS_INVALID")) throw error;
    expect(error.data.problems).toHaveLength(3);
    expect(await stored()).toEqual(before);
    await container.fs.rm("/d/.wh.a");
    await expect(container.commit({ entrypoint: ["/none"] })).rejects.toMatchObject({
      code: "ERR_ENTRYPOINT_MISSING",
    });
  });

  it.each(["read-only", "memory", "none"] as const)(
    "and diff are refused for rootfs %s",
    async (rootfs) => {
      await using container = await engine.createContainer(image, { rootfs });
      await expect(container.commit()).rejects.toMatchObject({ code: "ERR_CONTAINER_STATE" });
      await expect(container.diff()).rejects.toMatchObject({ code: "ERR_CONTAINER_STATE" });
    },
  );
});

describe("container.export", () => {
  it("is a tar of all files, that GNU tar unpacks", async () => {
    await using container = await engine.createContainer(image, {
      grants: { fs: [{ type: "memory", target: "/tmp" }] },
    });
    await changeAll(container);
    const folder = await mkdtemp(join(fixture.folder, "export-"));
    await writeFile(join(folder, "all.tar"), await buffer(container.export()));
    await mkdir(join(folder, "root"));
    const options = ["--numeric-owner", "-xf", join(folder, "all.tar"), "-C", join(folder, "root")];
    expect((await run("tar", options)).stderr).toBe("");
    const found = (await readdir(join(folder, "root"), { recursive: true })).toSorted();
    expect(found).toEqual(
      [...(await treeOf(container)).keys()]
        .map((path) => path.slice(1))
        .filter((path) => path !== "tmp")
        .toSorted(),
    );
    expect(await readFile(join(folder, "root/dir/g/new"), "utf8")).toBe("new");
    expect(((await stat(join(folder, "root/tool"))).mode & 0o7777).toString(8)).toBe("750");
    expect((await stat(join(folder, "root/one"))).ino).toBe(
      (await stat(join(folder, "root/two"))).ino,
    );
  });

  it("shows the image for rootfs read-only and memory, and is refused for none", async () => {
    const digests = new Set<string>();
    for (const rootfs of ["writable", "read-only", "memory"] as const) {
      await using container = await engine.createContainer(image, { rootfs });
      const tar = await buffer(container.export());
      digests.add(createHash("sha256").update(tar).digest("hex"));
    }
    expect(digests.size).toBe(1);
    await using empty = await engine.createContainer(image, { rootfs: "none" });
    expect(() => empty.export()).toThrow(expect.objectContaining({ code: "ERR_CONTAINER_STATE" }));
  });

  it("is made as it is read, of any size, and can be aborted at any moment", async () => {
    await using container = await engine.createContainer(image, {
      limits: { writableBytes: 2 ** 30 },
    });
    const sixteen = Buffer.alloc(16 * 2 ** 20, "x");
    for (let i = 0; i < 24; i++) await container.fs.writeFile(`/big${i}`, sixteen);
    const before = process.memoryUsage().rss;
    let peak = before;
    let bytes = 0;
    for await (const chunk of container.export()) {
      bytes += (chunk as Buffer).length;
      peak = Math.max(peak, process.memoryUsage().rss);
    }
    expect(bytes).toBeGreaterThan(384 * 2 ** 20);
    // Buffers that are free already count until the next collection, which comes late with much memory.
    expect(peak - before).toBeLessThan(192 * 2 ** 20);
    const controller = new AbortController();
    const reason = new Error("enough");
    const read = async () => {
      for await (const _ of container.export({ signal: controller.signal }))
        controller.abort(reason);
    };
    await expect(read()).rejects.toBe(reason);
    await expect(buffer(container.export({ signal: AbortSignal.abort(reason) }))).rejects.toBe(
      reason,
    );
    for await (const _ of container.export()) break;
  });

  it("ends with an error when the container is removed", async () => {
    const container = await engine.createContainer(image);
    const tar = container.export();
    const failed = buffer(tar).catch((e: unknown) => e);
    await container.remove();
    expect(await failed).toMatchObject({ code: "ERR_CONTAINER_STATE" });
    expect(() => container.export()).toThrow(
      expect.objectContaining({ code: "ERR_CONTAINER_STATE" }),
    );
    await expect(container.diff()).rejects.toMatchObject({ code: "ERR_CONTAINER_STATE" });
    await expect(container.commit()).rejects.toMatchObject({ code: "ERR_CONTAINER_STATE" });
  });
});
