/** Archives made to do harm, or broken on their way: each ends in a typed error, and nothing is left. */
import { join } from "node:path";
import { writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { isSafedockError } from "../../src/base/errors.js";
import { ImageStore } from "../../src/image/image-store.js";
import { listing, temporaryRoot } from "../content/store-fixture.js";
import { addImage, Blobs, HELLO } from "../image/image-fixture.js";
import { makeTar, sha256, type TarFixtureEntry } from "../layer/tar-fixture.js";
import { rejectionOf } from "../support/thrown-by.js";
import { dockerEntries, helloArchive, ociEntries } from "./archive-fixture.js";

type Source = Uint8Array | readonly TarFixtureEntry[] | AsyncIterable<Uint8Array>;

/** The archive of one image, with its `manifest.json` changed. */
function dockerWith(
  change: (image: { Config: string; Layers: string[]; RepoTags: unknown }) => unknown,
  more: readonly TarFixtureEntry[] = [],
): TarFixtureEntry[] {
  const entries = dockerEntries([{ tags: ["acme/hello:1"] }]);
  const list = JSON.parse(String(entries.at(-1)?.data)) as Parameters<typeof change>[0][];
  const data = JSON.stringify(list.map(change));
  return [...entries.slice(0, -1), { name: "manifest.json", data }, ...more];
}

/** As `dockerWith`, with the image's config changed; its name does not say a digest. */
function configWith(change: (config: { rootfs: { diff_ids: string[] } }) => void) {
  const entries = dockerEntries([{}]);
  const config = entries.find(({ name }) => String(name).endsWith(".json"));
  const value = JSON.parse(String(config?.data)) as Parameters<typeof change>[0];
  change(value);
  return dockerWith(
    (image) => ({ ...image, Config: "config" }),
    [{ name: "config", data: JSON.stringify(value) }],
  );
}

function ociWith(change: (blobs: Blobs, manifest: ReturnType<typeof addImage>) => void) {
  const blobs = new Blobs();
  const manifest = addImage(blobs, HELLO);
  change(blobs, manifest);
  return ociEntries(blobs, [manifest]);
}

const withFile = (name: string, data: string) => {
  const entries = ociWith(() => undefined);
  return [...entries.filter((entry) => entry.name !== name), { name, data }];
};

/** As many entries as no archive of images has, in few bytes. */
async function* manyEntries(): AsyncGenerator<Uint8Array> {
  const tar = makeTar([{ name: "x", type: "5" }], false);
  const block = Buffer.concat(Array.from({ length: 1000 }, () => tar));
  for (let i = 0; i < 101; i++) yield await Promise.resolve(block);
}

const { tar: hello } = helloArchive();

test.each<[string, () => Source, string, RegExp]>([
  ["cut short", () => hello.subarray(0, 3000), "ERR_ARCHIVE_INVALID", /cut short/],
  ["cut short, compressed", () => gzipSync(hello).subarray(0, 300), "ERR_ARCHIVE_INVALID", /gzip/],
  ["gzip of no tar", () => gzipSync("no tar"), "ERR_ARCHIVE_INVALID", /cut short/],
  ["zstd of nothing", () => Buffer.from("28b52ffd00", "hex"), "ERR_ARCHIVE_INVALID", /zstd/],
  [
    "a bomb",
    () => gzipSync(Buffer.concat([makeTar([{ name: "x" }], false), Buffer.alloc(300 * 2 ** 20)])),
    "ERR_ARCHIVE_INVALID",
    /more than \d+ bytes uncompressed/,
  ],
  ["too many entries", manyEntries, "ERR_ARCHIVE_INVALID", /more than 100000 entries/],
  [
    "a stream of strings",
    () =>
      (async function* () {
        yield await Promise.resolve("text");
      })() as unknown as AsyncIterable<Uint8Array>,
    "ERR_ARCHIVE_INVALID",
    /gives strings/,
  ],
  [
    "a tar of something else",
    () => [{ name: "readme", data: "x" }],
    "ERR_SOURCE_UNSUPPORTED",
    /neither/,
  ],
  [
    "Docker before 1.10",
    () => [{ name: "repositories", data: "{}" }],
    "ERR_SOURCE_UNSUPPORTED",
    /before 1\.10/,
  ],
  [
    "two entries of one name",
    () => [...ociWith(() => undefined), { name: "./index.json", data: "{}" }],
    "ERR_ARCHIVE_INVALID",
    /two entries/,
  ],
  [
    "index.json as a link to a file of the host",
    () => [
      { name: "oci-layout", data: '{"imageLayoutVersion":"1.0.0"}' },
      { name: "index.json", type: "2", link: "/etc/passwd" },
    ],
    "ERR_ARCHIVE_INVALID",
    /points out of it/,
  ],
  [
    "manifest.json as a link upwards",
    () => [{ name: "manifest.json", type: "2", link: "../../etc/passwd" }],
    "ERR_ARCHIVE_INVALID",
    /points out of it/,
  ],
  [
    "links in a circle",
    () => [
      { name: "manifest.json", type: "2", link: "a" },
      { name: "a", type: "2", link: "manifest.json" },
    ],
    "ERR_ARCHIVE_INVALID",
    /too many links/,
  ],
  [
    "manifest.json is no JSON",
    () => [{ name: "manifest.json", data: "[" }],
    "ERR_ARCHIVE_INVALID",
    /JSON/,
  ],
  [
    "manifest.json is an object",
    () => [{ name: "manifest.json", data: "{}" }],
    "ERR_ARCHIVE_INVALID",
    /array/,
  ],
  [
    "manifest.json is too large",
    () => [{ name: "manifest.json", data: Buffer.alloc(4 * 2 ** 20 + 1) }],
    "ERR_ARCHIVE_INVALID",
    /the limit is/,
  ],
  [
    "manifest.json lists no image",
    () => [{ name: "manifest.json", data: "[]" }],
    "ERR_SOURCE_UNSUPPORTED",
    /holds no image/,
  ],
  [
    "members of the prototype",
    () => [{ name: "manifest.json", data: '[{"__proto__":{"Config":"x"},"constructor":{}}]' }],
    "ERR_ARCHIVE_INVALID",
    /must have "Config"/,
  ],
  [
    "a config outside",
    () => dockerWith((image) => ({ ...image, Config: "../config.json" })),
    "ERR_ARCHIVE_INVALID",
    /no name of a file in it/,
  ],
  [
    "a config on the host",
    () => dockerWith((image) => ({ ...image, Config: "/etc/passwd" })),
    "ERR_ARCHIVE_INVALID",
    /no name of a file in it/,
  ],
  [
    "a config that is missing",
    () => dockerWith((image) => ({ ...image, Config: "none.json" })),
    "ERR_ARCHIVE_INVALID",
    /"none.json" is missing/,
  ],
  [
    "a config under another's digest",
    () =>
      dockerWith(
        (image) => ({ ...image, Config: `${"0".repeat(64)}.json` }),
        [{ name: `${"0".repeat(64)}.json`, data: "{}" }],
      ),
    "ERR_DIGEST_MISMATCH",
    /not sha256:0000/,
  ],
  [
    "a config that is none",
    () => configWith((config) => Object.assign(config, { os: 7 })),
    "ERR_CONFIG_INVALID",
    /os/,
  ],
  [
    "a layer that is missing",
    () => dockerWith((image) => ({ ...image, Layers: ["none.tar"] })),
    "ERR_ARCHIVE_INVALID",
    /"none.tar", which is missing/,
  ],
  [
    "a layer outside",
    () => dockerWith((image) => ({ ...image, Layers: ["a/../../b"] })),
    "ERR_ARCHIVE_INVALID",
    /no name of a file in it/,
  ],
  [
    "fewer layers than the config has",
    () => dockerWith((image) => ({ ...image, Layers: [] })),
    "ERR_ARCHIVE_INVALID",
    /has 0 layers, its config 1/,
  ],
  [
    "one small layer, named more often than memory bears",
    () => {
      const layer = makeTar([]);
      const diff_ids = Array.from({ length: 1000 }, () => sha256(layer));
      const config = { os: "wasi", architecture: "wasm", rootfs: { type: "layers", diff_ids } };
      const image = { Config: "c", Layers: Array.from({ length: 1000 }, () => "l") };
      return [
        { name: "l", data: layer },
        { name: "c", data: JSON.stringify(config) },
        { name: "manifest.json", data: JSON.stringify(Array.from({ length: 900 }, () => image)) },
      ];
    },
    "ERR_ARCHIVE_INVALID",
    /more than 16384 layers/,
  ],
  [
    "a layer of other bytes than the config says",
    () => configWith(({ rootfs }) => rootfs.diff_ids.fill(sha256(Buffer.from("other")))),
    "ERR_DIGEST_MISMATCH",
    /not sha256/,
  ],
  [
    "a compressed layer of other bytes than the config says",
    () => {
      const layer = gzipSync(makeTar([{ name: "other", data: "x" }]));
      return dockerWith(
        (image) => ({ ...image, Layers: ["layer"] }),
        [{ name: "layer", data: layer }],
      );
    },
    "ERR_DIFFID_MISMATCH",
    /config says/,
  ],
  [
    "a layer that is no tar",
    () => {
      const layer = Buffer.from("no tar at all");
      const config = {
        os: "wasi",
        architecture: "wasm",
        rootfs: { type: "layers", diff_ids: [sha256(layer)] },
      };
      return [
        { name: "layer", data: layer },
        { name: "config", data: JSON.stringify(config) },
        { name: "manifest.json", data: '[{"Config":"config","Layers":["layer"]}]' },
      ];
    },
    "ERR_LAYER_INVALID",
    /not a tar/,
  ],
  [
    "a name that is none",
    () => dockerWith((image) => ({ ...image, RepoTags: ["no name!"] })),
    "ERR_ARCHIVE_INVALID",
    /RepoTags\[0\]/,
  ],
  [
    "a name with a digest",
    () => dockerWith((image) => ({ ...image, RepoTags: [`a@sha256:${"0".repeat(64)}`] })),
    "ERR_ARCHIVE_INVALID",
    /RepoTags\[0\]/,
  ],
  [
    "a layout of another version",
    () => withFile("oci-layout", '{"imageLayoutVersion":"2.0.0"}'),
    "ERR_ARCHIVE_INVALID",
    /version 1/,
  ],
  ["an index that is none", () => withFile("index.json", "null"), "ERR_MANIFEST_INVALID", /object/],
  [
    "an index without its blobs",
    () => ociWith((blobs) => blobs.bytes.clear()),
    "ERR_BLOB_NOT_FOUND",
    /no blob/,
  ],
  [
    "a manifest that was changed",
    () => ociWith((blobs, { digest }) => blobs.bytes.set(digest, Buffer.from("{}"))),
    "ERR_DIGEST_MISMATCH",
    /not sha256/,
  ],
  [
    "a layer that was changed",
    () =>
      ociWith((blobs, { digest }) => {
        for (const [other, bytes] of blobs.bytes) {
          if (other === digest || bytes[0] !== 0x1f) continue;
          const changed = Buffer.from(bytes);
          changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
          blobs.bytes.set(other, changed);
        }
      }),
    "ERR_DIGEST_MISMATCH",
    /not sha256/,
  ],
  [
    "a layer of another size",
    () =>
      ociWith((blobs, { digest }) => {
        for (const [other, bytes] of blobs.bytes) {
          if (other !== digest && bytes[0] === 0x1f) blobs.bytes.set(other, bytes.subarray(1));
        }
      }),
    "ERR_SIZE_MISMATCH",
    /bytes in the archive/,
  ],
])("%s", async (_what, make, code, message) => {
  await using root = await temporaryRoot();
  const store = await ImageStore.open(join(root.path, "store"));
  const source = make();
  const path = join(root.path, "archive");
  if (source instanceof Uint8Array) await writeFile(path, source);
  else if (!(Symbol.asyncIterator in source)) await writeFile(path, makeTar(source));
  const before = await listing(store.content.layout.root);
  const error = await rejectionOf(
    store.load(Symbol.asyncIterator in source && !(source instanceof Uint8Array) ? source : path),
  );
  expect(isSafedockError(error) ? error.code : error).toBe(code);
  expect(String(error)).toMatch(message);
  expect(await listing(store.content.layout.root)).toEqual(before);
  expect(Object.keys(Object.prototype)).toEqual([]);
});

test("larger than maxArchiveBytes: by path, compressed, and as a stream", async () => {
  await using root = await temporaryRoot();
  const store = await ImageStore.open(join(root.path, "store"));
  const path = join(root.path, "archive");
  const before = await listing(store.content.layout.root);
  for (const bytes of [hello, gzipSync(hello)]) {
    await writeFile(path, bytes);
    for (const source of [path, bytes]) {
      const error = await rejectionOf(store.load(source, { maxArchiveBytes: 2048 }));
      expect(error).toMatchObject({ code: "ERR_ARCHIVE_INVALID" });
      expect(String(error)).toMatch(/more than 2048 bytes/);
    }
  }
  expect(await listing(store.content.layout.root)).toEqual(before);
});

test("of several images, those before one that is refused stay, whole", async () => {
  await using root = await temporaryRoot();
  const store = await ImageStore.open(join(root.path, "store"));
  const blobs = new Blobs();
  const [one, two] = [addImage(blobs, HELLO), addImage(blobs, { ...HELLO, config: {} })];
  blobs.bytes.delete(two.digest);
  const named = (name: string) => ({
    annotations: { "org.opencontainers.image.ref.name": name },
  });
  const path = join(root.path, "archive");
  const entries = ociEntries(blobs, [
    { ...one, ...named("a:1") },
    { ...two, ...named("a:2") },
  ]);
  await writeFile(path, makeTar(entries));
  const error = await rejectionOf(store.loadAll(path));
  expect(error).toMatchObject({ code: "ERR_BLOB_NOT_FOUND" });
  expect((await store.list()).map(({ digest }) => digest)).toEqual([one.digest]);
  expect(await store.verify()).toMatchObject({ ok: true });
});
