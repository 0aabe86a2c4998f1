import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Container, Engine, Image } from "safedock";
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from "vitest";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { guestPath } from "./guests.js";

let fixture: TestEngine;
let engine: Engine;
let files: Image;
let host: string;
let container: Container;

beforeAll(async () => {
  fixture = await openTestEngine();
  engine = fixture.engine;
  files = await engine.loadImage(guestPath("files"));
  host = join(fixture.folder, "host");
  await mkdir(join(host, "inner"), { recursive: true });
  await writeFile(join(host, "greeting"), "hi\n");
  await symlink("/etc/passwd", join(host, "out"));
});

afterAll(() => fixture.close());

beforeEach(async () => {
  container = await engine.createContainer(files, {
    grants: {
      fs: [
        { source: host, target: "/host", access: "read-write" },
        { source: host, target: "/ro" },
      ],
    },
  });
});

afterEach(() => container.remove({ force: true }));

async function guest(...args: string[]): Promise<string> {
  const process = await container.exec(["/files.wasm", ...args]);
  await process.wait();
  return process.captured.stdout.toString() + process.captured.stderr.toString();
}

const errno = (name: string) => ({ code: "ERR_CONTAINER_FILE", data: { errno: name } });

describe("container.fs", () => {
  it("writes what a guest reads, and reads what a guest writes", async () => {
    await container.fs.writeFile("/in", "from the app");
    expect(await guest("read", "/in")).toBe("from the app");
    await guest("write", "/out", "from the guest");
    expect((await container.fs.readFile("out")).toString()).toBe("from the guest");
  });

  it("moves files larger than a chunk", async () => {
    const data = Buffer.alloc(3 * 2 ** 20 + 17, "abc");
    await container.fs.writeFile("/big", data);
    expect((await container.fs.stat("/big")).size).toBe(data.length);
    expect((await container.fs.readFile("/big")).equals(data)).toBe(true);
    await container.fs.writeFile("/big", "short");
    expect((await container.fs.readFile("/big")).toString()).toBe("short");
  });

  it("makes, lists, renames and removes directories", async () => {
    await container.fs.mkdir("/a/b/c", { recursive: true });
    await container.fs.mkdir("/a/b/c", { recursive: true });
    await container.fs.writeFile("/a/b/c/file", "x");
    await container.fs.rename("/a/b", "/a/moved");
    expect(await container.fs.readdir("/a")).toEqual(["moved"]);
    expect(await guest("list", "/a/moved/c")).toBe("f file\n");
    await expect(container.fs.rm("/a")).rejects.toMatchObject(errno("ENOTEMPTY"));
    await container.fs.rm("/a", { recursive: true });
    expect(await container.fs.exists("/a")).toBe(false);
    await expect(container.fs.rm("/a")).rejects.toMatchObject(errno("ENOENT"));
    await container.fs.rm("/a", { force: true });
  });

  it("hides what was removed from the image", async () => {
    expect(await container.fs.readdir("/")).toEqual(["files.wasm", "host", "ro"]);
    await container.fs.writeFile("/copy.wasm", await container.fs.readFile("/files.wasm"));
    await container.fs.rm("/files.wasm");
    expect(await container.fs.exists("/files.wasm")).toBe(false);
    const process = await container.exec(["/copy.wasm", "exists", "/files.wasm"]);
    await process.wait();
    expect(process.captured.stdout.toString()).toBe("no\n");
  });

  it("tells what is there", async () => {
    await container.fs.symlink("in", "/link");
    await container.fs.writeFile("/in", "12345");
    expect(await container.fs.readlink("/link")).toBe("in");
    const stat = await container.fs.stat("/link");
    expect(stat).toMatchObject({ type: "file", size: 5 });
    // The container's clock is frozen, and what the app does in it happens at its beginning.
    expect(stat.mtimeMs).toBe(Date.UTC(2020, 0, 1));
    expect(await container.fs.stat("/")).toMatchObject({ type: "directory" });
  });

  it("reaches the mounts, with their access", async () => {
    expect((await container.fs.readFile("/host/greeting")).toString()).toBe("hi\n");
    await container.fs.writeFile("/host/new", "x");
    expect(await readFile(join(host, "new"), "utf8")).toBe("x");
    await expect(container.fs.writeFile("/ro/new2", "x")).rejects.toMatchObject(errno("EROFS"));
    await expect(container.fs.rm("/host")).rejects.toMatchObject(errno("EBUSY"));
  });

  it("never leads out of the container", async () => {
    await expect(container.fs.readFile("/../../etc/passwd")).rejects.toMatchObject({
      code: "ERR_CONTAINER_FILE",
    });
    // The link's target is taken from the container's root.
    await expect(container.fs.readFile("/host/out")).rejects.toMatchObject(errno("ENOENT"));
    await container.fs.symlink("../../../../etc/passwd", "/up");
    await expect(container.fs.readFile("/up")).rejects.toMatchObject(errno("EPERM"));
  });

  it("says what is wrong by the errno's name", async () => {
    await expect(container.fs.readFile("/none")).rejects.toMatchObject(errno("ENOENT"));
    await expect(container.fs.readFile("/host")).rejects.toMatchObject(errno("EISDIR"));
    await expect(container.fs.readdir("/files.wasm")).rejects.toMatchObject(errno("ENOTDIR"));
    await expect(container.fs.mkdir("/host")).rejects.toMatchObject(errno("EEXIST"));
    await expect(container.fs.readFile("/a\0b")).rejects.toMatchObject(errno("EINVAL"));
    await expect(container.fs.writeFile("/x".repeat(3000), "")).rejects.toMatchObject(
      errno("ENAMETOOLONG"),
    );
  });
});
