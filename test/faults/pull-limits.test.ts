import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { ImageStore, type PullOptions } from "../../src/image/image-store.js";
import type { Descriptor } from "../../src/oci/descriptor.js";
import { OCI_CONFIG, OCI_LAYER_GZIP } from "../../src/oci/media-types.js";
import { Blobs, CORE } from "../image/image-fixture.js";
import { makeTar, sha256, type TarFixtureEntry } from "../layer/tar-fixture.js";
import { expectCleanStore } from "../support/verify-clean.js";
import {
  answerHonestly,
  startMisbehavingRegistry,
  type Misbehave,
} from "./misbehaving-registry.js";
import type { SeededImage } from "./seeded-image.js";

/** An image of these layers, beside a first one with a module. */
function imageOf(layers: readonly (readonly TarFixtureEntry[])[]): SeededImage {
  const blobs = new Blobs();
  const tars = [[{ name: "hello.wasm", data: CORE }], ...layers].map((files) => makeTar(files));
  const config = blobs.add(OCI_CONFIG, {
    os: "wasi",
    architecture: "wasm",
    config: { Entrypoint: ["/hello.wasm"] },
    rootfs: { type: "layers", diff_ids: tars.map(sha256) },
  });
  const descriptors: Descriptor[] = tars.map((tar) => blobs.add(OCI_LAYER_GZIP, gzipSync(tar)));
  const manifest = blobs.manifest(config, descriptors);
  return { manifest, config, layers: descriptors, bytes: blobs.bytes };
}

const numbered = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => [{ name: `f${from + i}`, data: `${from + i}` }]);

/** Pulls an image from the registry; every request that it makes goes to `misbehave` first. */
type Pull = (image: SeededImage, misbehave: Misbehave, options?: PullOptions) => Promise<unknown>;

async function withPlace(work: (pull: Pull) => Promise<void>): Promise<void> {
  await using registry = await startMisbehavingRegistry();
  const root = await mkdtemp(join(tmpdir(), "safedock-limits-"));
  try {
    const store = await ImageStore.open(root);
    let pulls = 0;
    await work((image, misbehave, options) => {
      const repository = `limits/image-${pulls++}`;
      registry.add(repository, image, misbehave);
      return store.pull(`${registry.host}/${repository}:latest`, options);
    });
    await expectCleanStore(root);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

test("a second image that shares nine of ten layers downloads one", () =>
  withPlace(async (pull) => {
    const shared = numbered(8);
    const fetched: string[] = [];
    const count: Misbehave = ({ kind, name }) => {
      if (kind === "blob") fetched.push(name);
      return false;
    };
    const first = imageOf([...shared, ...numbered(1, 100)]);
    const second = imageOf([...shared, ...numbered(1, 200)]);
    await pull(first, count);
    expect(fetched).toHaveLength(11);
    fetched.length = 0;
    await pull(second, count);
    expect(new Set(fetched)).toEqual(new Set([second.config.digest, second.layers.at(-1)?.digest]));
    expect(fetched).toHaveLength(2);
  }));

test.each([
  [undefined, 3],
  [1, 1],
  [2, 2],
  [7, 7],
])("at most N blobs at once, as the server sees it (concurrentBlobs: %s)", (asked, most) =>
  withPlace(async (pull) => {
    let now = 0;
    let peak = 0;
    const slow: Misbehave = (call) => {
      if (call.kind !== "blob" || call.name === image.config.digest) return false;
      peak = Math.max(peak, ++now);
      setTimeout(() => {
        now--;
        answerHonestly(call);
      }, 15);
      return true;
    };
    const image = imageOf(numbered(15));
    await pull(image, slow, asked === undefined ? {} : { concurrentBlobs: asked });
    expect(peak).toBe(most);
  }),
);

test("a manifest of more than 4 MiB is refused, said or not", () =>
  withPlace(async (pull) => {
    const large = Buffer.alloc(4 * 2 ** 20 + 1, " ");
    for (const headers of [{ "content-length": large.byteLength }, {}]) {
      const refused = pull(imageOf([]), ({ kind, response }) => {
        if (kind === "manifest") response.writeHead(200, headers).end(large);
        return kind === "manifest";
      });
      await expect(refused).rejects.toMatchObject({ code: "ERR_REGISTRY_RESPONSE" });
    }
  }));

test("an image whose layers are too large in all is refused before one is fetched", () =>
  withPlace(async (pull) => {
    const image = imageOf(numbered(3));
    const total = image.layers.reduce((sum, { size }) => sum + size, 0);
    const asked: string[] = [];
    const count: Misbehave = ({ kind }) => {
      asked.push(kind);
      return false;
    };
    const refused = pull(image, count, { maxImageBytes: total - 1 });
    await expect(refused).rejects.toMatchObject({ code: "ERR_BLOB_TOO_LARGE" });
    expect(asked).toEqual(["manifest"]);
    await pull(image, count, { maxImageBytes: total });
  }));

test("a decompression bomb is ended by its bytes, and by the image's total", () =>
  withPlace(async (pull) => {
    const zeros = (bytes: number) => [{ name: "zeros", data: Buffer.alloc(bytes) }];
    const honest: Misbehave = () => false;
    const one = imageOf([zeros(3 * 2 ** 20)]);
    const many = imageOf([zeros(2 ** 20), zeros(2 ** 20 + 1), zeros(2 ** 20 + 2)]);
    const code = "ERR_LAYER_TOO_LARGE";
    await expect(pull(one, honest, { maxLayerBytes: 2 ** 20 })).rejects.toMatchObject({ code });
    const total = { maxUncompressedBytes: 2 * 2 ** 20 };
    await expect(pull(many, honest, total)).rejects.toMatchObject({ code });
    await pull(many, honest);
  }));

test("a decompression bomb is ended by its ratio", { timeout: 60_000 }, () =>
  withPlace(async (pull) => {
    const bomb = imageOf([[{ name: "zeros", data: Buffer.alloc(300 * 2 ** 20) }]]);
    const refused = pull(bomb, () => false);
    await expect(refused).rejects.toMatchObject({ code: "ERR_LAYER_TOO_LARGE" });
    await expect(refused).rejects.toThrow(/compressed bytes/);
  }),
);
