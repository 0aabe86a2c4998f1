import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { ImageStore } from "../../src/image/image-store.js";
import type { PullProgress } from "../../src/image/pull-progress.js";
import type { Descriptor } from "../../src/oci/descriptor.js";
import {
  DOCKER_CONFIG,
  OCI_CONFIG,
  OCI_EMPTY,
  OCI_INDEX,
  OCI_LAYER,
  OCI_LAYER_GZIP,
  OCI_LAYER_ZSTD,
} from "../../src/oci/media-types.js";
import { listing, temporaryRoot } from "../content/store-fixture.js";
import { makeTar, sha256 } from "../layer/tar-fixture.js";
import { addImage, Blobs, COMPONENT, CORE, fakeRegistry, HELLO } from "./image-fixture.js";

const REFERENCE = "registry.example/acme/hello";
const FULL = `${REFERENCE}:latest`;

async function pull(blobs: Blobs, latest: Descriptor, root: string, options = {}) {
  const store = await ImageStore.open(root);
  const registry = fakeRegistry(blobs, latest);
  const record = await store.pull(REFERENCE, { openedRegistry: registry, ...options });
  return { store, registry, record };
}

test("pulls an image, reports its progress, and finds it again by reference and digest", async () => {
  await using root = await temporaryRoot();
  const blobs = new Blobs();
  const manifest = addImage(blobs, HELLO);
  const events: PullProgress[] = [];
  const onProgress = (event: PullProgress) => void events.push(event);
  const { store, record } = await pull(blobs, manifest, root.path, { onProgress });

  expect(record).toMatchObject({
    reference: FULL,
    digest: manifest.digest,
    format: "image",
    platform: { os: "wasi", architecture: "wasm" },
    config: { Entrypoint: ["/hello.wasm"], Cmd: ["--name", "Ada"] },
    modules: [{ path: "/hello.wasm", kind: "core", size: 8 }],
  });
  expect(record.chainId).toBe(record.layers[0]?.diffId);
  const [layer] = record.layers;
  const phases = events.filter(({ digest }) => digest === layer?.digest);
  expect(phases.map(({ phase }) => phase)).toEqual(["unpack", "done"]);
  expect(phases.at(-1)).toMatchObject({ bytes: layer?.size, total: layer?.size });

  const again = await ImageStore.open(root.path);
  expect(await again.get(REFERENCE)).toEqual(record);
  const { reference: _reference, ...unnamed } = record;
  expect(await again.get(manifest.digest)).toEqual(unnamed);
  expect(await again.list()).toEqual([record]);
  const { treePath, blobs: files } = again.snapshot(record);
  expect(treePath).toContain(record.chainId.slice(7));
  expect(files).toEqual([store.content.path(layer?.diffId ?? sha256(""))]);
});

test("a second pull fetches the manifest alone; a layer that is there is not fetched again", async () => {
  await using root = await temporaryRoot();
  const blobs = new Blobs();
  const base = [{ name: "base", data: "b" }];
  const hello = [{ name: "hello.wasm", data: CORE }];
  const first = addImage(blobs, { layers: [base, hello] });
  const { store, record } = await pull(blobs, first, root.path);
  const second = await pull(blobs, first, root.path);
  expect(second.registry.calls).toEqual(["manifest latest"]);
  expect({ ...second.record, createdAt: "" }).toEqual({ ...record, createdAt: "" });

  const other = addImage(blobs, { layers: [base, hello, [{ name: "more", data: "m" }]] });
  const third = await pull(blobs, other, root.path);
  const fetched = third.registry.calls.filter((call) => call.startsWith("blob"));
  expect(fetched).toHaveLength(2);
  expect(await store.get(REFERENCE)).toEqual(third.record);
  expect(await store.list()).toHaveLength(2);

  // The first image is without a name now, and its layers serve the second as before.
  await store.remove(first.digest);
  const open = await store.openImage(third.record);
  expect(open.tree.resolve("/hello.wasm")).toBeGreaterThan(0);
  await expect(store.get(first.digest)).rejects.toMatchObject({ code: "ERR_IMAGE_NOT_FOUND" });
  await store.remove(REFERENCE);
  expect(await store.list()).toEqual([]);
  await expect(store.remove(REFERENCE)).rejects.toMatchObject({ code: "ERR_IMAGE_NOT_FOUND" });
});

test("chooses from nested indexes; attestations and other platforms are skipped", async () => {
  await using root = await temporaryRoot();
  const blobs = new Blobs();
  const wasm = addImage(blobs, HELLO);
  const linux = addImage(blobs, { layers: [[{ name: "elf", data: "\x7fELF" }]], os: "linux" });
  const inner = blobs.index([
    { ...linux, platform: { os: "linux", architecture: "amd64" } },
    { ...linux, platform: { os: "unknown", architecture: "unknown" } },
    { ...wasm, platform: { os: "wasi", architecture: "wasm" } },
  ]);
  const { record } = await pull(blobs, blobs.index([inner]), root.path);
  expect(record.digest).toBe(wasm.digest);
});

test("two pulls of one image at once share their downloads", async () => {
  await using root = await temporaryRoot();
  const blobs = new Blobs();
  const manifest = addImage(blobs, HELLO);
  const store = await ImageStore.open(root.path);
  const registry = fakeRegistry(blobs, manifest);
  const options = { openedRegistry: registry };
  const records = await Promise.all([
    store.pull(REFERENCE, options),
    store.pull(`${REFERENCE}:latest`, options),
  ]);
  expect(records[0].digest).toBe(records[1].digest);
  const fetched = registry.calls.filter((call) => call.startsWith("blob"));
  expect(new Set(fetched).size).toBe(fetched.length);
});

describe("formats", () => {
  const wasmConfig = "application/vnd.wasm.config.v0+json";
  const title = { annotations: { "org.opencontainers.image.title": "../../plug-in.wasm" } };
  test.each([
    ["wasm-artifact", wasmConfig, "application/wasm", "/plug-in.wasm"],
    ["wasm-artifact", OCI_EMPTY, "application/wasm", "/plug-in.wasm"],
    ["wasmcloud", OCI_EMPTY, "application/vnd.module.wasm.content.layer.v1+wasm", "/plug-in.wasm"],
    [
      "wasm-to-oci",
      "application/vnd.wasm.config.v1+json",
      "application/vnd.wasm.content.layer.v1+wasm",
      "/plug-in.wasm",
    ],
  ])("%s of config %s", async (format, config, layer, path) => {
    await using root = await temporaryRoot();
    const blobs = new Blobs();
    const manifest = blobs.manifest(blobs.add(config, { os: "wasip2", architecture: "wasm" }), [
      blobs.add(layer, COMPONENT, title),
    ]);
    const { record, store } = await pull(blobs, manifest, root.path);
    expect(record).toMatchObject({
      format,
      platform: { os: "wasip2", architecture: "wasm" },
      config: { Entrypoint: [path] },
      modules: [{ path, kind: "component", size: 8 }],
    });
    const { tree } = await store.openImage(record);
    expect(tree.size(tree.resolve(path))).toBe(8);
  });

  test("module-layers, its words kept, named by them without a usable title", async () => {
    await using root = await temporaryRoot();
    const blobs = new Blobs();
    const config = {
      os: "wasip1",
      architecture: "wasm",
      config: { Entrypoint: ["/x.wasm", "-v"], Cmd: ["c"] },
      rootfs: { type: "layers", diff_ids: [sha256(CORE)] },
    };
    const layer = "application/vnd.bytecodealliance.wasm.component.layer.v0+wasm";
    const bad = { annotations: { "org.opencontainers.image.title": "a b\n.wasm" } };
    const manifest = blobs.manifest(blobs.add(OCI_CONFIG, config), [blobs.add(layer, CORE, bad)]);
    const { record } = await pull(blobs, manifest, root.path);
    expect(record).toMatchObject({
      format: "module-layers",
      config: { Entrypoint: ["/x.wasm", "-v"], Cmd: ["c"] },
    });
  });

  test("image-compat: another platform, Docker's media types", async () => {
    await using root = await temporaryRoot();
    const blobs = new Blobs();
    const tar = makeTar([{ name: "app.wasm", data: CORE }]);
    const config = {
      os: "linux",
      architecture: "amd64",
      rootfs: { type: "layers", diff_ids: [sha256(tar)] },
    };
    const docker = "application/vnd.docker.distribution.manifest.v2+json";
    const manifest = blobs.add(docker, {
      schemaVersion: 2,
      mediaType: docker,
      config: blobs.add(DOCKER_CONFIG, config),
      layers: [blobs.add("application/vnd.docker.image.rootfs.diff.tar.gzip", gzipSync(tar))],
    });
    const { record } = await pull(blobs, manifest, root.path);
    expect(record.format).toBe("image-compat");
  });

  test.each([
    ["application/vnd.wasmcloud.provider.archive.config", "application/wasm", /wasmCloud/],
    ["application/vnd.cncf.helm.config.v1+json", "application/vnd.cncf.helm.chart", /helm/],
  ])("%s is refused by name", async (config, layer, message) => {
    await using root = await temporaryRoot();
    const blobs = new Blobs();
    const manifest = blobs.manifest(blobs.add(config, {}), [blobs.add(layer, CORE)]);
    const refused = pull(blobs, manifest, root.path);
    await expect(refused).rejects.toMatchObject({ code: "ERR_MANIFEST_UNSUPPORTED" });
    await expect(refused).rejects.toThrow(message);
  });
});

interface BadImage {
  readonly what: string;
  readonly code: string;
  readonly make: (blobs: Blobs) => Descriptor;
  readonly tamper?: (bytes: Uint8Array) => Uint8Array;
  readonly options?: object;
}

/** An image whose only layer is these bytes under that media type. */
function layerOf(bytes: Uint8Array, mediaType: string, diffId = sha256("other")) {
  return (blobs: Blobs): Descriptor => {
    const rootfs = { type: "layers", diff_ids: [diffId] };
    const config = blobs.add(OCI_CONFIG, { os: "wasi", architecture: "wasm", rootfs });
    return blobs.manifest(config, [blobs.add(mediaType, bytes)]);
  };
}

const hello = (blobs: Blobs) => addImage(blobs, HELLO);
/** No tar, no compressed stream; not zeros, which zlib would overlook behind a stream. */
const noise = Buffer.concat([Buffer.of(7), randomBytes(20_000)]);
const bomb = gzipSync(Buffer.alloc(9 * 2 ** 20));
const bad: readonly BadImage[] = [
  {
    what: "wrong digest",
    code: "ERR_DIGEST_MISMATCH",
    make: hello,
    tamper: (b) => Buffer.from(b).fill(1, 20),
  },
  { what: "truncated", code: "ERR_SIZE_MISMATCH", make: hello, tamper: (b) => b.subarray(0, -1) },
  {
    what: "trailing bytes",
    code: "ERR_SIZE_MISMATCH",
    make: hello,
    tamper: (b) => Buffer.concat([b, b]),
  },
  { what: "not gzip", code: "ERR_LAYER_COMPRESSION", make: layerOf(noise, OCI_LAYER_GZIP) },
  {
    what: "gzip cut short",
    code: "ERR_LAYER_COMPRESSION",
    make: layerOf(gzipSync(makeTar([])).subarray(0, -6), OCI_LAYER_GZIP),
  },
  {
    what: "gzip with trailing bytes",
    code: "ERR_LAYER_COMPRESSION",
    make: layerOf(Buffer.concat([gzipSync(makeTar([])), noise]), OCI_LAYER_GZIP),
  },
  {
    what: "gzip with trailing zeros",
    code: "ERR_LAYER_COMPRESSION",
    make: layerOf(Buffer.concat([gzipSync(makeTar([])), Buffer.alloc(512)]), OCI_LAYER_GZIP),
  },
  { what: "not zstd", code: "ERR_LAYER_COMPRESSION", make: layerOf(noise, OCI_LAYER_ZSTD) },
  { what: "not a tar", code: "ERR_LAYER_INVALID", make: layerOf(gzipSync(noise), OCI_LAYER_GZIP) },
  {
    what: "not a tar, uncompressed",
    code: "ERR_LAYER_INVALID",
    make: layerOf(noise, OCI_LAYER, sha256(noise)),
  },
  {
    what: "wrong DiffID",
    code: "ERR_DIFFID_MISMATCH",
    make: layerOf(gzipSync(makeTar([{ name: "a.wasm", data: CORE }])), OCI_LAYER_GZIP),
  },
  {
    what: "a layer too large",
    code: "ERR_LAYER_TOO_LARGE",
    make: layerOf(bomb, OCI_LAYER_GZIP),
    options: { maxLayerBytes: 8 * 2 ** 20 },
  },
  {
    what: "an image too large",
    code: "ERR_BLOB_TOO_LARGE",
    make: hello,
    options: { maxImageBytes: 10 },
  },
  {
    what: "too many entries",
    code: "ERR_LAYER_TOO_LARGE",
    make: (b) => addImage(b, { layers: [[{ name: "a" }, { name: "b" }]] }),
    options: { maxLayerEntries: 1 },
  },
  {
    what: "hard link to nothing",
    code: "ERR_LAYER_INVALID",
    make: (b) => addImage(b, { layers: [[{ name: "a", type: "1", link: "b" }]] }),
  },
  {
    what: "no wasm",
    code: "ERR_IMAGE_NO_WASM",
    make: (b) => addImage(b, { layers: [[{ name: "sh", data: "\x7fELF rest" }]] }),
  },
  { what: "no layers", code: "ERR_IMAGE_NO_WASM", make: (b) => addImage(b, { layers: [] }) },
  {
    what: "an artifact that is no wasm",
    code: "ERR_IMAGE_NO_WASM",
    make: (b) => b.manifest(b.add(OCI_EMPTY, {}), [b.add("application/wasm", noise)]),
  },
  {
    what: "no matching platform",
    code: "ERR_PLATFORM_NOT_FOUND",
    make: (b) => b.index([{ ...hello(b), platform: { os: "linux", architecture: "amd64" } }]),
  },
  {
    what: "fewer layers than DiffIDs",
    code: "ERR_CONFIG_INVALID",
    make: (b) =>
      b.manifest(
        b.add(OCI_CONFIG, {
          os: "wasi",
          architecture: "wasm",
          rootfs: { type: "layers", diff_ids: [sha256("")] },
        }),
        [],
      ),
  },
  {
    what: "config no JSON",
    code: "ERR_CONFIG_INVALID",
    make: (b) => b.manifest(b.add(OCI_CONFIG, noise), []),
  },
  { what: "manifest no JSON", code: "ERR_MANIFEST_INVALID", make: (b) => b.add(OCI_INDEX, noise) },
  {
    what: "indexes in indexes",
    code: "ERR_MANIFEST_INVALID",
    make: (b) => [1, 2, 3, 4, 5, 6].reduce((d) => b.index([d]), hello(b)),
  },
  {
    what: "a size in the index that is wrong",
    code: "ERR_SIZE_MISMATCH",
    make: (b) => b.index([{ ...hello(b), size: 7 }]),
  },
];

describe("bad input leaves nothing behind", () => {
  test.each(bad)("$what: $code", async ({ code, make, tamper, options }) => {
    await using root = await temporaryRoot();
    const store = await ImageStore.open(root.path);
    const before = await listing(root.path);
    const blobs = new Blobs();
    const latest = make(blobs);
    const registry = fakeRegistry(blobs, latest);
    if (tamper !== undefined) {
      const [layer] = [...blobs.bytes].filter(([, bytes]) => bytes[0] === 0x1f);
      if (layer !== undefined) registry.tampered.set(layer[0], tamper(layer[1]));
    }
    const pulled = store.pull(REFERENCE, { openedRegistry: registry, ...options });
    await expect(pulled).rejects.toMatchObject({ name: "SafedockError", code });
    expect(await listing(root.path)).toEqual(before);
  });

  test("the platforms that there are stand in the error", async () => {
    await using root = await temporaryRoot();
    const blobs = new Blobs();
    const index = blobs.index([
      { ...hello(blobs), platform: { os: "linux", architecture: "s390x" } },
    ]);
    await expect(pull(blobs, index, root.path)).rejects.toMatchObject({
      data: { available: ["linux/s390x"] },
    });
  });

  test("one bad layer ends the others", async () => {
    await using root = await temporaryRoot();
    const store = await ImageStore.open(root.path);
    const before = await listing(root.path);
    const blobs = new Blobs();
    const layers = ["a", "b", "c"].map((name) => [{ name, data: noise }]);
    const registry = fakeRegistry(blobs, addImage(blobs, { layers }));
    const [first, second] = [...blobs.bytes].filter(([, bytes]) => bytes[0] === 0x1f);
    const never = async function* () {
      yield (first?.[1] ?? noise).subarray(0, 100);
      await new Promise<never>(() => undefined);
    };
    if (first !== undefined) registry.tampered.set(first[0], never());
    if (second !== undefined) registry.tampered.set(second[0], noise);
    const pulled = store.pull(REFERENCE, { openedRegistry: registry });
    await expect(pulled).rejects.toMatchObject({ code: /ERR_(SIZE|DIGEST)_MISMATCH/ });
    expect(await listing(root.path)).toEqual(before);
  });

  test("an abort while a layer comes in", async () => {
    await using root = await temporaryRoot();
    const store = await ImageStore.open(root.path);
    const before = await listing(root.path);
    const blobs = new Blobs();
    const registry = fakeRegistry(blobs, hello(blobs));
    const [layer] = [...blobs.bytes].filter(([, bytes]) => bytes[0] === 0x1f);
    const controller = new AbortController();
    const reason = { because: "of this" };
    const hanging = async function* () {
      yield (layer?.[1] ?? noise).subarray(0, 20);
      controller.abort(reason);
      await new Promise<never>(() => undefined);
    };
    if (layer !== undefined) registry.tampered.set(layer[0], hanging());
    const pulled = store.pull(REFERENCE, { openedRegistry: registry, signal: controller.signal });
    await expect(pulled).rejects.toBe(reason);
    expect(await listing(root.path)).toEqual(before);
  });
});
