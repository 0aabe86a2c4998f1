/** Archives as a source of `loadImage`: what is in them decides, not what they are called. */
import { createReadStream } from "node:fs";
import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { createGzip, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { ImageStore } from "../../src/image/image-store.js";
import type { LoadImageOptions } from "../../src/image/load-image.js";
import { resolveEntry } from "../../src/image/resolve-entry.js";
import { temporaryRoot } from "../content/store-fixture.js";
import { addImage, Blobs, CORE, HELLO } from "../image/image-fixture.js";
import { makeTar, type TarFixtureEntry } from "../layer/tar-fixture.js";
import { dockerEntries, helloArchive, ociEntries } from "./archive-fixture.js";

interface Fixture extends AsyncDisposable {
  readonly store: ImageStore;
  /** Another store, empty. */
  another(): Promise<ImageStore>;
  /** Writes a file, gives its path. */
  put(bytes: Uint8Array | readonly TarFixtureEntry[], name?: string): Promise<string>;
  /** What is in the store's folder for what is unfinished. */
  leftovers(): Promise<string[]>;
}

async function fixture(): Promise<Fixture> {
  const root = await temporaryRoot();
  const store = await ImageStore.open(join(root.path, "store"));
  let stores = 0;
  return {
    store,
    another: () => ImageStore.open(join(root.path, `store-${stores++}`)),
    put: async (content, name = "image") => {
      const path = join(root.path, name);
      await writeFile(path, content instanceof Uint8Array ? content : makeTar(content));
      return path;
    },
    leftovers: () => readdir(store.content.layout.temp),
    [Symbol.asyncDispose]: () => root[Symbol.asyncDispose](),
  };
}

/** A zstd frame of uncompressed blocks: Node 20 cannot write any other. */
function zstdOf(bytes: Uint8Array): Buffer {
  const parts = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58])];
  for (let at = 0; at < bytes.byteLength; at += 2 ** 16) {
    const block = bytes.subarray(at, at + 2 ** 16);
    const isLast = at + block.byteLength >= bytes.byteLength ? 1 : 0;
    const header = Buffer.alloc(3);
    header.writeUIntLE(block.byteLength * 8 + isLast, 0, 3);
    parts.push(header, Buffer.from(block));
  }
  return Buffer.concat(parts);
}

const named = (name: string, annotation = "org.opencontainers.image.ref.name") => ({
  annotations: { [annotation]: name },
});

describe("an OCI archive", () => {
  test.each([
    ["plain", (tar: Buffer) => tar],
    ["gzip", (tar: Buffer) => gzipSync(tar)],
    ["zstd", zstdOf],
  ])("%s", async (_compression, compress) => {
    await using it = await fixture();
    const { tar, manifest } = helloArchive();
    const record = await it.store.load(await it.put(compress(tar), "named.wasm"));
    expect(record).toMatchObject({ digest: manifest.digest, format: "image" });
    expect(record).not.toHaveProperty("reference");
    const { args } = await resolveEntry(await it.store.openImage(record));
    expect(args).toEqual(["/hello.wasm", "--name", "Ada"]);
    expect(await it.leftovers()).toEqual([]);
  });

  test("as bytes, and as streams of Node and of the web", async () => {
    await using it = await fixture();
    const { tar, manifest } = helloArchive();
    const path = await it.put(tar);
    const sources = [
      tar,
      createReadStream(path),
      Readable.toWeb(createReadStream(path)),
      createReadStream(path).pipe(createGzip()),
    ];
    for (const source of sources) {
      const store = await it.another();
      expect((await store.load(source)).digest).toBe(manifest.digest);
      expect(await readdir(store.content.layout.temp)).toEqual([]);
    }
    const module = await it.store.load(Readable.from([CORE.subarray(0, 3), CORE.subarray(3)]));
    expect(module.config.Entrypoint).toEqual(["/main.wasm"]);
    expect(await it.leftovers()).toEqual([]);
  });

  test("names are kept as docker load does it, unless the caller has one or wants none", async () => {
    await using it = await fixture();
    const blobs = new Blobs();
    const manifest = addImage(blobs, HELLO);
    const annotations = {
      "io.containerd.image.name": "docker.io/acme/hello:1",
      "org.opencontainers.image.ref.name": "1",
    };
    const entries = [
      { ...manifest, annotations },
      { ...manifest, ...named("ghcr.io/acme/other:2") },
      { ...manifest, ...named("no reference at all") },
      { ...manifest, ...named(`acme/lie@sha256:${"0".repeat(64)}`) },
    ];
    const path = await it.put(ociEntries(blobs, entries));
    const load = async (options: LoadImageOptions) => {
      const store = await it.another();
      const { reference: first } = await store.load(path, options);
      return [first, ...(await store.list()).map(({ reference }) => reference)];
    };
    const [one, two] = ["docker.io/acme/hello:1", "ghcr.io/acme/other:2"];
    expect(await load({})).toEqual([one, one, two]);
    expect(await load({ names: "ignore" })).toEqual([undefined, undefined]);
    const mine = "docker.io/library/mine:latest";
    expect(await load({ reference: "mine" })).toEqual([mine, mine]);
    const wrong = it.store.load(path, { reference: `mine@sha256:${"0".repeat(64)}` });
    await expect(wrong).rejects.toMatchObject({ code: "ERR_DIGEST_MISMATCH" });
  });

  test("several images: by tag, by reference, all of them, or an error that lists them", async () => {
    await using it = await fixture();
    const blobs = new Blobs();
    const wasm = { os: "wasi", architecture: "wasm" };
    const [one, two] = [addImage(blobs, HELLO), addImage(blobs, { ...HELLO, config: {} })];
    const path = await it.put(
      ociEntries(blobs, [
        { ...one, platform: wasm, ...named("docker.io/acme/hello:1", "io.containerd.image.name") },
        { ...two, platform: wasm, ...named("docker.io/acme/hello:2", "io.containerd.image.name") },
      ]),
    );
    const ambiguous = it.store.load(path);
    await expect(ambiguous).rejects.toMatchObject({ code: "ERR_SOURCE_UNSUPPORTED" });
    await expect(ambiguous).rejects.toThrow("several images: docker.io/acme/hello:1, docker.io/");
    expect((await it.store.load(path, { tag: "2" })).digest).toBe(two.digest);
    expect((await it.store.load(path, { tag: "acme/hello:1" })).digest).toBe(one.digest);
    expect((await it.store.load(path, { reference: "acme/hello:2" })).digest).toBe(two.digest);
    await expect(it.store.load(path, { tag: "3" })).rejects.toThrow('no image "3"');
    const all = await it.store.loadAll(path);
    expect(all.map(({ reference }) => reference)).toEqual([
      "docker.io/acme/hello:1",
      "docker.io/acme/hello:2",
    ]);
  });

  test("images of other names are not one for differing in their platforms", async () => {
    await using it = await fixture();
    const blobs = new Blobs();
    const linux = addImage(blobs, { ...HELLO, os: "linux", architecture: "amd64" });
    const wasm = addImage(blobs, HELLO);
    const entries = (first: string, second: string) => [
      { ...wasm, platform: { os: "wasi", architecture: "wasm" }, ...named(first) },
      { ...linux, platform: { os: "linux", architecture: "amd64" }, ...named(second) },
    ];
    const path = await it.put(ociEntries(blobs, entries("acme/one:1", "acme/two:1")));
    await expect(it.store.load(path)).rejects.toMatchObject({ code: "ERR_SOURCE_UNSUPPORTED" });
    await expect(it.store.load(path, { tag: "1" })).rejects.toThrow('has 2 images "1"');
    expect(await it.store.list()).toEqual([]);
    expect((await it.store.load(path, { tag: "acme/two:1" })).digest).toBe(linux.digest);
    expect((await it.store.list()).map(({ reference }) => reference)).toEqual([
      "docker.io/acme/two:1",
    ]);
    const one = await it.put(ociEntries(blobs, entries("acme/one:1", "acme/one:1")), "one");
    expect((await it.store.load(one)).digest).toBe(wasm.digest);
  });

  test("an index for several platforms, and attestations beside it", async () => {
    await using it = await fixture();
    const blobs = new Blobs();
    const linux = addImage(blobs, { ...HELLO, os: "linux", architecture: "amd64" });
    const wasm = addImage(blobs, HELLO);
    const note = addImage(blobs, { ...HELLO, os: "unknown", architecture: "unknown" });
    const index = blobs.index([
      { ...linux, platform: { os: "linux", architecture: "amd64" } },
      { ...wasm, platform: { os: "wasi", architecture: "wasm" } },
    ]);
    const attested = { annotations: { "vnd.docker.reference.type": "attestation-manifest" } };
    const path = await it.put(ociEntries(blobs, [index, { ...note, ...attested }]));
    expect((await it.store.load(path)).digest).toBe(wasm.digest);
    expect(await it.store.loadAll(path)).toHaveLength(1);
    const other = await it.store.load(path, { platform: "linux/amd64" });
    expect(other.digest).toBe(linux.digest);
  });
});

describe("a docker save archive", () => {
  test.each([
    ["as skopeo writes it", dockerEntries([{ tags: ["acme/hello:1", "acme/hello:2"] }])],
    ["with compressed layers", dockerEntries([{ tags: ["acme/hello:1"], compress: true }])],
    ["as Docker before 25 writes it", oldDocker()],
    ["as Bazel, kaniko and crane write it", craneArchive()],
  ])("%s", async (_what, entries) => {
    await using it = await fixture();
    const path = await it.put(entries);
    const record = await it.store.load(path);
    expect(record.reference).toBe("docker.io/acme/hello:1");
    expect(record).toMatchObject({ format: "image", config: HELLO.config });
    const { module } = await resolveEntry(await it.store.openImage(record));
    expect(module.name).toBe("/hello.wasm");
    expect((await it.store.load(path)).digest).toBe(record.digest);
    expect(await it.leftovers()).toEqual([]);
  });

  test("as Docker 25 and later write it: its index has the digests", async () => {
    await using it = await fixture();
    const blobs = new Blobs();
    const manifest = addImage(blobs, { ...HELLO, compress: false });
    const annotations = {
      "io.containerd.image.name": "docker.io/acme/hello:1",
      "org.opencontainers.image.ref.name": "1",
    };
    const list = [{ Config: "blobs/sha256/0", RepoTags: ["acme/hello:1"], Layers: [] }];
    const entries = ociEntries(blobs, [{ ...manifest, annotations }]);
    const path = await it.put([...entries, { name: "manifest.json", data: JSON.stringify(list) }]);
    const record = await it.store.load(path);
    expect(record).toMatchObject({
      digest: manifest.digest,
      reference: "docker.io/acme/hello:1",
    });
  });

  test("several images: by name, or all of them; layers they share are read once", async () => {
    await using it = await fixture();
    const images = [
      { tags: ["acme/hello:1"] },
      { tags: ["acme/hello:2", "acme/again:2"], config: {} },
    ];
    const path = await it.put(dockerEntries(images));
    await expect(it.store.load(path)).rejects.toThrow("several images");
    expect((await it.store.load(path, { tag: "acme/again:2" })).config).toEqual({});
    expect(await it.store.loadAll(path)).toHaveLength(2);
    expect((await it.store.list()).map(({ reference }) => reference)).toEqual([
      "docker.io/acme/again:2",
      "docker.io/acme/hello:1",
      "docker.io/acme/hello:2",
    ]);
  });
});

/** The config under its digest, compressed layers under theirs. */
function craneArchive(): TarFixtureEntry[] {
  const images = [{ tags: ["acme/hello:1"], compress: true }];
  const entries = dockerEntries(images).map(({ name, data }) => ({
    name: String(name),
    data: data ?? "",
  }));
  const rename = (text: string) =>
    text
      .replaceAll(/\b([0-9a-f]{64})\.json/g, "sha256:$1")
      .replaceAll(/\b([0-9a-f]{64})\.tar\b/g, "$1.tar.gz");
  return entries.map(({ name, data }) => ({
    name: rename(name),
    data: name === "manifest.json" ? rename(String(data)) : data,
  }));
}

/** `<id>/layer.tar`, and a link to one that came before. */
function oldDocker(): TarFixtureEntry[] {
  const layer = makeTar(HELLO.layers[0] ?? []);
  const [config, list] = dockerEntries([
    { tags: ["acme/hello:1"], layers: [HELLO.layers[0] ?? []] },
  ])
    .filter(({ name }) => String(name).endsWith(".json"))
    .map(({ name, data }) => ({ name: String(name), data: String(data) }));
  const entries = JSON.parse(list?.data ?? "[]") as { Layers: string[] }[];
  const [first] = entries;
  const doubled = JSON.parse(config?.data ?? "{}") as { rootfs: { diff_ids: string[] } };
  doubled.rootfs.diff_ids.push(...doubled.rootfs.diff_ids);
  return [
    { name: "0000/", type: "5" },
    { name: "0000/VERSION", data: "1.0" },
    { name: "0000/json", data: "{}" },
    { name: "0000/layer.tar", data: layer },
    { name: "1111/", type: "5" },
    { name: "1111/layer.tar", type: "2", link: "../0000/layer.tar" },
    { name: "config.json", data: JSON.stringify(doubled) },
    {
      name: "manifest.json",
      data: JSON.stringify([
        { ...first, Config: "config.json", Layers: ["0000/layer.tar", "1111/layer.tar"] },
      ]),
    },
    { name: "repositories", data: "{}" },
  ];
}

test("an archive that changes while it is read leaves nothing", async () => {
  await using it = await fixture();
  const path = await it.put(helloArchive().tar);
  const { size } = await stat(path);
  const controller = new AbortController();
  const reason = new Error("enough");
  const endless = async function* () {
    yield Buffer.alloc(size);
    controller.abort(reason);
    yield await new Promise<Uint8Array>(() => undefined);
  };
  const loaded = it.store.load(endless(), { signal: controller.signal });
  await expect(loaded).rejects.toBe(reason);
  expect(await it.leftovers()).toEqual([]);
});
