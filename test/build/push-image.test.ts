/** engine.pushImage: what a registry lacks, its tag last. */
import { rm } from "node:fs/promises";
import type { Engine, Image, PushEvent } from "safedock";
import { startRegistry, imageIndex, wasmImage, type TestRegistry } from "safedock/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { guestBytes, guestPath } from "../engine/guests.js";
import { startDockerRegistry, type DockerRegistry } from "../support/docker-registry.js";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { blobPath, readManifest } from "./stored-image.js";

const login = { username: "ada", password: "engine number 1" };
let fixture: TestEngine;
let engine: Engine;
let registry: TestRegistry;
let docker: DockerRegistry;
let locked: DockerRegistry;
let image: Image;

beforeAll(async () => {
  fixture = await openTestEngine({ registry: { retries: 0 } });
  engine = fixture.engine;
  registry = await startRegistry();
  docker = await startDockerRegistry();
  locked = await startDockerRegistry({ htpasswd: login });
  const base = await engine.buildImage({
    files: { "/hello.wasm": await guestBytes("hello") },
    entrypoint: ["/hello.wasm"],
  });
  const big = Buffer.alloc(300_000, "data");
  image = await engine.buildImage({
    from: base,
    files: { "/big": big },
    reference: "acme/hello:1",
  });
}, 330_000);

afterAll(async () => {
  await Promise.all([fixture?.close(), registry?.close(), docker?.close(), locked?.close()]);
});

async function push(source: Image | string, target?: string, options: object = {}) {
  const events: PushEvent[] = [];
  const onProgress = (event: PushEvent) => events.push(event);
  const pushed = await engine.pushImage(source, target, { ...options, onProgress });
  const phases = events.filter(({ phase }) => phase !== "upload").map(({ phase }) => phase);
  return { pushed, events, phases };
}

async function pulledBack(reference: string, options: object = {}): Promise<Image> {
  const other = await openTestEngine();
  try {
    const back = await other.engine.pullImage(reference, options);
    expect((await other.engine.run(back)).stdout.toString()).toBe("hello\n");
    return back;
  } finally {
    await other.close();
  }
}

describe("an image is pushed", () => {
  it("to docker-registry, and pulled back with the same digest", async () => {
    const target = `${docker.host}/acme/hello:1`;
    const { pushed, phases, events } = await push(image, target);
    const { config, layers } = await readManifest(engine, image);
    const size = layers.reduce((sum, layer) => sum + layer.size, config.size);
    expect(pushed).toEqual({ reference: target, digest: image.digest, size });
    expect(phases).toEqual(["pushed", "pushed", "pushed"]);
    expect(events.every((event) => event.reference === target)).toBe(true);
    expect(events.some(({ phase, total }) => phase === "upload" && total > 300_000)).toBe(true);
    expect((await pulledBack(target)).digest).toBe(image.digest);
  });

  it("once more without sending a blob, and in pieces to another repository", async () => {
    const target = `${docker.host}/again/hello:1`;
    expect((await push(image, target, { chunkBytes: 100_000 })).phases).toEqual(
      Array(3).fill("pushed"),
    );
    expect((await push(image, target)).phases).toEqual(Array(3).fill("existing"));
    expect((await pulledBack(target)).digest).toBe(image.digest);
  });

  it("with credentials, under the image's own reference", async () => {
    const reference = `${locked.host}/acme/hello:1`;
    const named = await engine.buildImage({ from: image, files: {}, reference });
    await expect(engine.pushImage(named)).rejects.toMatchObject({
      code: "ERR_REGISTRY_UNAUTHORIZED",
    });
    const { pushed } = await push(reference, undefined, { credentials: login });
    expect(pushed).toMatchObject({ reference, digest: named.digest });
    expect((await pulledBack(reference, { credentials: login })).digest).toBe(named.digest);
  });

  it("to a neighbouring repository of the registry that it came from: blobs are mounted", async () => {
    await push(image, `${docker.host}/mount/source:1`);
    const other = await openTestEngine();
    try {
      const pulled = await other.engine.pullImage(`${docker.host}/mount/source:1`);
      const child = await other.engine.buildImage({ from: pulled, files: { "/new": "1" } });
      const phases: string[] = [];
      const onProgress = ({ phase }: PushEvent) => phases.push(phase);
      await other.engine.pushImage(child, `${docker.host}/mount/target:1`, { onProgress });
      expect(phases.filter((phase) => phase === "mounted")).toHaveLength(2);
      expect(phases.filter((phase) => phase === "pushed")).toHaveLength(2);
    } finally {
      await other.close();
    }
    await pulledBack(`${docker.host}/mount/target:1`);
  });

  it("of every kind: a module, an artifact, one of an index as its one manifest", async () => {
    const module = await engine.loadImage(guestPath("hello"));
    const files = { "/hello.wasm": await guestBytes("hello") };
    const artifact = await engine.buildImage({ format: "wasm-artifact", files });
    const one = await wasmImage({ files, entrypoint: ["/hello.wasm"] });
    await registry.push("acme/index:1", imageIndex([{ image: one, platform: "wasi/wasm" }]));
    const indexed = await engine.pullImage(`${registry.host}/acme/index:1`);
    for (const [name, source] of Object.entries({ module, artifact, indexed })) {
      const target = `${docker.host}/kinds/${name}:1`;
      const { pushed } = await push(source, target);
      expect(pushed.digest).toBe(source.digest);
      expect((await pulledBack(target)).digest).toBe(source.digest);
    }
  });

  it("by its digest alone, where the target names it", async () => {
    const target = `${docker.host}/acme/digest@${image.digest}`;
    expect((await push(image, target)).pushed.reference).toBe(target);
    await pulledBack(target);
  });
});

describe("a push", () => {
  it("puts the tag last, when all blobs are there", async () => {
    await using own = await startRegistry();
    await push(image, `${own.host}/acme/hello:1`);
    const writes = own.requests.filter(({ method }) => method === "PUT").map(({ path }) => path);
    expect(writes.length).toBeGreaterThan(1);
    expect(writes.findIndex((path) => path.includes("/manifests/"))).toBe(writes.length - 1);
    expect(writes.at(-1)).toContain("/acme/hello/manifests/1");
  });

  it("of an image that the store lacks a part of sends nothing", async () => {
    await using own = await startRegistry();
    const broken = await engine.buildImage({ from: image, files: { "/broken": "x" } });
    const { layers } = await readManifest(engine, broken);
    await rm(blobPath(engine, layers.at(-1)?.digest ?? ""));
    await expect(engine.pushImage(broken, `${own.host}/acme/broken:1`)).rejects.toMatchObject({
      code: "ERR_BLOB_NOT_FOUND",
      data: { digest: layers.at(-1)?.digest },
    });
    expect(own.requests).toEqual([]);
    await engine.images.remove(broken.digest);
  });

  it("needs a name, and takes no other image's digest", async () => {
    const nameless = await engine.loadImage(await guestBytes("env"));
    const odd = `${docker.host}/acme/x@sha256:${"0".repeat(64)}`;
    for (const call of [
      engine.pushImage(nameless),
      engine.pushImage(image, odd),
      engine.pushImage(image, `${docker.host}/acme/x:1`, { chunkBytes: 0, concurrentBlobs: 1000 }),
    ]) {
      await expect(call).rejects.toMatchObject({ code: "ERR_OPTIONS_INVALID" });
    }
    await expect(engine.pushImage("none/such:1")).rejects.toMatchObject({
      code: "ERR_IMAGE_NOT_FOUND",
    });
    await expect(engine.pushImage(image, "acme/UPPER")).rejects.toMatchObject({
      code: "ERR_REFERENCE_INVALID",
    });
  });

  it("ends with the signal's reason, at any moment, and leaves no tag", async () => {
    await using own = await startRegistry();
    for (const moment of [0, 1, 2, 3, 4, 5]) {
      const controller = new AbortController();
      const reason = { moment };
      let seen = 0;
      const onProgress = () => {
        if (seen++ === moment) controller.abort(reason);
      };
      const target = `${own.host}/acme/aborted-${moment}:1`;
      if (moment === 0) controller.abort(reason);
      const pushed = engine.pushImage(image, target, { signal: controller.signal, onProgress });
      const error: unknown = await pushed.then(
        () => undefined,
        (e: unknown) => e,
      );
      // The last report may come when nothing is left to be aborted.
      expect([reason, undefined]).toContain(error);
      if (error === undefined) continue;
      await expect(engine.pullImage(target)).rejects.toMatchObject({
        code: "ERR_REGISTRY_NOT_FOUND",
      });
    }
  });
});
