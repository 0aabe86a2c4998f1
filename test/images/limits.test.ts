/** How much an image may take, and how many of its blobs come at once. */
import { gzipSync } from "node:zlib";
import { startRegistry, wasmImage, type TestRegistry } from "safedock/testing";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { ImageStore } from "../../src/image/image-store.js";
import { addImage, Blobs, CORE, fakeRegistry } from "../image/image-fixture.js";
import { temporaryRoot, type TemporaryRoot } from "../content/store-fixture.js";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { FixtureBlobs, hello } from "./fixture-blobs.js";
import { spinApp } from "./spin-app.js";
import { cncfArtifact } from "./wasm-artifact.js";

let registry: TestRegistry;
let fixture: TestEngine;
let root: TemporaryRoot;

beforeAll(async () => {
  root = await temporaryRoot();
  registry = await startRegistry();
  fixture = await openTestEngine({ workers: 1, registry: { retries: 0 } });
});

afterAll(async () => {
  await fixture?.close();
  await registry?.close();
  await root?.[Symbol.asyncDispose]();
});

describe("maxUncompressedBytes", () => {
  const zeros = Buffer.alloc(100_000);
  const images = {
    "several tars": () =>
      wasmImage({
        files: { "/hello.wasm": hello },
        layers: [{ "/a": zeros }, { "/b": Buffer.from(zeros).fill(1) }],
      }),
    "one tar": () => wasmImage({ files: { "/hello.wasm": hello, "/a": Buffer.alloc(200_000) } }),
    "a module": () =>
      cncfArtifact({
        module: Buffer.concat([hello, Buffer.from([0, ...[0xa0, 0x8d, 0x06]]), zeros]),
      }),
    "an archive": () =>
      spinApp({
        components: [{ id: "a", module: hello, files: { z: "\0".repeat(200_000) } }],
        archive: true,
      }),
  };
  test.each(Object.entries(images))("caps what %s may become", async (name, make) => {
    const path = `limits/${name.replaceAll(" ", "-")}:1`;
    await registry.push(path, await make());
    const reference = `${registry.host}/${path}`;
    const small = { limits: { maxUncompressedBytes: 100_000 } };
    const refused = fixture.engine.pullImage(reference, small);
    await expect(refused).rejects.toMatchObject({
      code: "ERR_LAYER_TOO_LARGE",
      data: { limit: 100_000 },
    });
    const large = { limits: { maxUncompressedBytes: 400_000 } };
    expect(await fixture.engine.pullImage(reference, large)).toMatchObject({ reference });
  });
});

test("an archive that becomes a thousand times larger is refused early", async () => {
  const blobs = new FixtureBlobs();
  const zeros = gzipSync(Buffer.alloc(64 * 2 ** 20));
  const bomb = blobs.add(
    "application/vnd.wasm.content.bundle.v1.tar+gzip",
    Buffer.concat(Array.from({ length: 16 }, () => zeros)),
  );
  const source = { inline: hello.toString("base64") };
  const lock = { spin_lock_version: 0, triggers: [], components: [{ id: "a", source }] };
  const config = blobs.add("application/vnd.fermyon.spin.application.v1+config", lock);
  await registry.push("limits/bomb:1", blobs.image(config, [bomb]));
  await expect(fixture.engine.pullImage(`${registry.host}/limits/bomb:1`)).rejects.toMatchObject({
    code: "ERR_LAYER_TOO_LARGE",
    data: { digest: bomb.digest, limit: 256 * 2 ** 20 },
  });
});

test("maxImageBytes caps what is downloaded, before it is", async () => {
  await registry.push("limits/download:1", await wasmImage({ files: { "/hello.wasm": hello } }));
  const reference = `${registry.host}/limits/download:1`;
  const before = registry.requests.length;
  await expect(
    fixture.engine.pullImage(reference, { limits: { maxImageBytes: 100 } }),
  ).rejects.toMatchObject({ code: "ERR_BLOB_TOO_LARGE", data: { limit: 100 } });
  expect(registry.requests.slice(before).some(({ path }) => path.includes("/blobs/"))).toBe(false);
});

test.each([
  [{ concurrentBlobs: 0 }, /concurrentBlobs: must be a whole number from 1 to 64/],
  [{ concurrentBlobs: 65 }, /from 1 to 64/],
  [{ maxImageBytes: -1, maxLayerBytes: 0.5 }, /limits.maxImageBytes: .*; limits.maxLayerBytes: /],
])("limits that are none: %o", async (limits, message) => {
  await registry.push("limits/none:1", await wasmImage({ files: { "/hello.wasm": hello } }));
  const refused = fixture.engine.pullImage(`${registry.host}/limits/none:1`, { limits });
  await expect(refused).rejects.toMatchObject({ code: "ERR_OPTIONS_INVALID" });
  await expect(refused).rejects.toThrow(message);
});

test.each([1, 3, 4])("at most %i blobs at once", async (concurrentBlobs) => {
  const blobs = new Blobs();
  const layers = Array.from({ length: 9 }, (_, i) => [{ name: `${i}.wasm`, data: CORE }]);
  const inner = fakeRegistry(blobs, addImage(blobs, { layers }));
  let asked = 0;
  let open = 0;
  let most = 0;
  const counted = {
    ...inner,
    fetchBlob: async (...args: Parameters<typeof inner.fetchBlob>) => {
      const { stream, size } = await inner.fetchBlob(...args);
      return { size, stream: count(stream) };
    },
  };
  async function* count(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    most = Math.max(most, ++open);
    // The config comes first, and alone. However slow the machine is, as many come as may, and one that may not would come too.
    const awaited = asked++ === 0 ? 1 : concurrentBlobs;
    await vi.waitUntil(() => most >= awaited, { timeout: 10_000, interval: 5 });
    await new Promise((resolve) => setTimeout(resolve, 5));
    yield* stream;
    open--;
  }
  const store = await ImageStore.open(`${root.path}/${concurrentBlobs}`);
  const options = concurrentBlobs === 3 ? {} : { concurrentBlobs };
  await store.pull("registry.example/a", { openedRegistry: counted, ...options });
  expect(most).toBe(concurrentBlobs);
});

test("the config comes beside the layers of an artifact", async () => {
  const blobs = new Blobs();
  const layer = blobs.add("application/wasm", CORE);
  const config = blobs.add("application/vnd.wasm.config.v0+json", { os: "wasip1" });
  const inner = fakeRegistry(blobs, blobs.manifest(config, [layer]));
  const asked = new Set<string>();
  let release = (): void => undefined;
  const bothAsked = new Promise<void>((resolve) => {
    release = resolve;
  });
  const waiting = {
    ...inner,
    fetchBlob: async (...args: Parameters<typeof inner.fetchBlob>) => {
      asked.add(args[0].digest);
      if (asked.size === 2) release();
      await bothAsked;
      return inner.fetchBlob(...args);
    },
  };
  const store = await ImageStore.open(`${root.path}/beside`);
  const record = await store.pull("registry.example/b", { openedRegistry: waiting });
  expect(record.platform).toEqual({ os: "wasip1", architecture: "wasm" });
});
