import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openEngine, storedCredentials, type Container, type Image } from "safedock";
import { copy, openLayout, openRegistry, parseManifest, type Repository } from "safedock/oci";
import { startRegistry, wasmImage, type TestRegistry } from "safedock/testing";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";

/** What a caller without types, or with a mistyped name, hands over. */
const UNKNOWN = { bogus: 1 } as object;
/** The smallest module: nothing runs it. */
const MODULE = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);

let test: TestEngine;
let registry: TestRegistry;
let name: string;
let image: Image;
let container: Container;
let repository: Repository;

beforeAll(async () => {
  test = await openTestEngine({ registry: { credentials: "anonymous" } });
  registry = await startRegistry();
  name = `${registry.host}/acme/hello:1`;
  const fixture = await wasmImage({
    files: { "/hello.wasm": MODULE },
    entrypoint: ["/hello.wasm"],
  });
  await registry.push("acme/hello:1", fixture);
  image = await test.engine.pullImage(name);
  container = await test.engine.createContainer(
    await test.engine.buildImage({
      files: { "/start.wasm": { source: join(import.meta.dirname, "../guests/c/append.wasm") } },
      entrypoint: ["/start.wasm"],
    }),
  );
  repository = openRegistry(registry.host).repository("acme/hello");
});

afterAll(async () => {
  await test.close();
  await registry.close();
});

const verbs: Record<string, () => unknown> = {
  openEngine: () => openEngine(UNKNOWN),
  "openEngine: registry": () => openEngine({ registry: UNKNOWN }),
  "openEngine: registry.mirrors": () =>
    openEngine({
      registry: { mirrors: { "docker.io": [{ host: "mirror.example", ...UNKNOWN }] } },
    }),
  "openEngine: policy": () => openEngine({ policy: { default: "accept", ...UNKNOWN } }),
  pullImage: () => test.engine.pullImage(name, UNKNOWN),
  "pullImage without a request": () =>
    test.engine.pullImage(name, { pullPolicy: "never", ...UNKNOWN }),
  "pullImage: limits": () => test.engine.pullImage(name, { limits: UNKNOWN }),
  "pullImage: verify": () => test.engine.pullImage(name, { verify: UNKNOWN }),
  "pullImage: mirrors": () =>
    test.engine.pullImage(name, {
      mirrors: { "docker.io": [{ host: "mirror.example", ...UNKNOWN }] },
    }),
  loadImage: () => test.engine.loadImage(MODULE, UNKNOWN),
  "loadImage: limits": () => test.engine.loadImage(MODULE, { limits: UNKNOWN }),
  loadImages: () => test.engine.loadImages(MODULE, UNKNOWN),
  saveImage: () => test.engine.saveImage(image, join(test.folder, "saved.tar"), UNKNOWN),
  buildImage: () => test.engine.buildImage({ from: image, files: {}, ...UNKNOWN }),
  pushImage: () => test.engine.pushImage(image, `${registry.host}/acme/hello:2`, UNKNOWN),
  "images.remove": () => test.engine.images.remove(name, UNKNOWN),
  "images.prune": () => test.engine.images.prune(UNKNOWN),
  verify: () => test.engine.verify(UNKNOWN),
  lockImages: () => test.engine.lockImages([name], UNKNOWN),
  checkLock: () => test.engine.checkLock({ version: 1, images: {} }, UNKNOWN),
  createContainer: () => test.engine.createContainer(image, UNKNOWN),
  "createContainer: limits": () => test.engine.createContainer(image, { limits: UNKNOWN }),
  "createContainer: grants": () => test.engine.createContainer(image, { grants: UNKNOWN }),
  run: () => test.engine.run(image, UNKNOWN),
  "container.start": () => container.start(UNKNOWN),
  "container.exec": () => container.exec(["/start.wasm"], UNKNOWN),
  "container.stop": () => container.stop(UNKNOWN),
  "container.commit": () => container.commit(UNKNOWN),
  "container.export": () => container.export(UNKNOWN),
  "container.remove": () => container.remove(UNKNOWN),
  storedCredentials: () => storedCredentials(UNKNOWN),
  openRegistry: () => openRegistry(registry.host, UNKNOWN).repository("acme/hello").resolve("1"),
  "repository.resolve": () => repository.resolve("1", UNKNOWN),
  "repository.fetchManifest": () => repository.fetchManifest("1", UNKNOWN),
  "repository.fetchBlob": async () => {
    const { bytes, descriptor } = await repository.fetchManifest("1");
    const manifest = parseManifest(bytes, descriptor.mediaType);
    if (manifest.kind !== "manifest") throw new Error("the fixture is one image");
    return repository.fetchBlob(manifest.config, UNKNOWN);
  },
  "repository.pushBlob": () =>
    repository.pushBlob({ digest: image.digest, size: 1 }, MODULE, UNKNOWN),
  "repository.listTags": () => repository.listTags(UNKNOWN),
  "repository.listReferrers": () => repository.listReferrers(image.digest, UNKNOWN),
  openLayout: () => openLayout(join(test.folder, "layout"), { create: true, ...UNKNOWN }),
  copy: async () => {
    const layout = await openLayout(join(test.folder, "copied"), { create: true });
    return copy(repository, "1", layout, "1", UNKNOWN);
  },
};

it.each(Object.entries(verbs))("refuses an option that there is not: %s", async (_, call) => {
  await expect((async () => call())()).rejects.toMatchObject({
    code: "ERR_OPTIONS_INVALID",
    message: expect.stringMatching(/bogus: no such option \(there are .+\)/),
  });
});

const mistakes: Record<string, () => unknown> = {
  "a registry with a scheme in insecure": () =>
    openEngine({ registry: { insecure: ["http://registry.internal:5000"] } }),
  "a name of Docker Hub that no reference has in mirrors": () =>
    openEngine({ registry: { mirrors: { "index.docker.io": ["mirror.example"] } } }),
  "a URL in mirrors": () =>
    openEngine({ registry: { mirrors: { "https://ghcr.io": ["mirror.example"] } } }),
  "proxy: true": () => openEngine({ registry: { proxy: true as never } }),
  "loadImages, one name for all": () =>
    test.engine.loadImages(MODULE, { reference: "acme/hello:1" } as object),
  "images.prune, dryRun": () => test.engine.images.prune({ dryRun: "yes" as never }),
  "images.prune, all": () => test.engine.images.prune({ all: 1 as never, dryRun: true }),
  "images.prune, an age that is no number": () =>
    test.engine.images.prune({ olderThanMs: "7d" as never }),
  "images.prune, an age below 0": () => test.engine.images.prune({ olderThanMs: -1 }),
  "images.remove, force": () => test.engine.images.remove(name, { force: "no" as never }),
  "verify, repair": () => test.engine.verify({ repair: "yes" as never }),
  "pullImage, platform": () => test.engine.pullImage(name, { platform: "wasm" }),
  "pullImage, limits": () => test.engine.pullImage(name, { limits: { concurrentBlobs: 0 } }),
  "pullImage, limits that are none": () => test.engine.pullImage(name, { limits: [] as object }),
  "loadImage, platform": () => test.engine.loadImage(MODULE, { platform: "wasm" }),
  "loadImage, tag": () => test.engine.loadImage(MODULE, { tag: 5 as never }),
  "saveImage of what is none": () => test.engine.saveImage(5 as never, "./x.tar"),
  "saveImage of a list of what is none": () => test.engine.saveImage([5 as never], "./x.tar"),
  "lockImages of one": () => test.engine.lockImages(name as never),
  "container.start, stdin": () => container.start({ stdin: "text" as never }),
  "container.stop, graceMs": () => container.stop({ graceMs: "5s" as never }),
  "copy, concurrency": async () =>
    copy(repository, "1", await openLayout(test.folder, { create: true }), "1", {
      concurrency: 99,
    }),
  "copy, chunkBytes of a folder": async () =>
    copy(repository, "1", await openLayout(test.folder, { create: true }), "1", { chunkBytes: -1 }),
  "copy, platform of what is no index": async () =>
    copy(repository, "1", await openLayout(test.folder, { create: true }), "1", { platform: "x" }),
};

it.each(Object.entries(mistakes))("refuses a value that cannot be meant: %s", async (_, call) => {
  await expect((async () => call())()).rejects.toMatchObject({ code: "ERR_OPTIONS_INVALID" });
  // Nothing was done, nothing removed.
  expect((await test.engine.images.get(name)).digest).toBe(image.digest);
});
