import { readdir, rm, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesSource } from "../../src/content/blob-source.js";
import { ContentStore } from "../../src/content/content-store.js";
import { decodeLayerIndex, encodeLayerIndex } from "../../src/layer/layer-index.js";
import type { LayerEntry } from "../../src/layer/layer-entry.js";
import { LayerStore } from "../../src/layer/layer-store.js";
import { OCI_LAYER, OCI_LAYER_GZIP } from "../../src/oci/media-types.js";
import { listing, temporaryRoot } from "../content/store-fixture.js";
import { makeTar, sha256 } from "./tar-fixture.js";

const TAR = makeTar([{ name: "a/b", data: "content" }]);
const DIFF_ID = sha256(TAR);
const BLOB = gzipSync(TAR);
const LAYER = { digest: sha256(BLOB), size: BLOB.byteLength, mediaType: OCI_LAYER_GZIP };
const PLAIN = { digest: DIFF_ID, size: TAR.byteLength, mediaType: OCI_LAYER };

async function open(root: string) {
  const content = await ContentStore.open(root);
  return { content, layers: new LayerStore(content) };
}

test("a layer is there in full after its commit, and is not read again", async () => {
  await using root = await temporaryRoot();
  const { content, layers } = await open(root.path);
  const layer = await layers.stage(LAYER, DIFF_ID, bytesSource(BLOB));
  expect(layer.entries).toMatchObject([{ path: "/a/b", type: "file", size: 7, offset: 512 }]);
  expect(await content.has(DIFF_ID)).toBe(false);
  await layer.commit();
  expect(layer.tarPath).toBe(content.path(DIFF_ID));
  await layer.release();
  expect(TAR.equals(await content.read(DIFF_ID, { maxBytes: 10_000 }))).toBe(true);

  const again = await open(root.path);
  const known = await again.layers.stage(LAYER, DIFF_ID, () => expect.unreachable());
  expect(known.existed).toBe(true);
  expect(known.entries).toEqual(layer.entries);
  await known.release();
});

test("an uncompressed layer is its own tar: there is no second copy", async () => {
  await using root = await temporaryRoot();
  const { content, layers } = await open(root.path);
  const layer = await layers.stage(PLAIN, DIFF_ID, bytesSource(TAR));
  await layer.commit();
  await layer.release();
  expect(layer.tarPath).toBe(content.path(DIFF_ID));
  expect(await readdir(`${content.layout.base}/blobs/sha256`)).toEqual([DIFF_ID.slice(7)]);
});

test("an index that is damaged or gone is made again from the blob", async () => {
  await using root = await temporaryRoot();
  const { content, layers } = await open(root.path);
  const first = await layers.stage(LAYER, DIFF_ID, bytesSource(BLOB));
  await first.commit();
  await first.release();
  for (const spoil of [
    () => writeFile(content.layout.layer(DIFF_ID), '{"version":1,"rows":[[1]]}'),
    () => writeFile(content.layout.layer(DIFF_ID), "half a fi"),
    () => rm(content.layout.layer(DIFF_ID)),
    () => rm(content.path(DIFF_ID)),
  ]) {
    await spoil();
    const layer = await layers.stage(LAYER, DIFF_ID, () => expect.unreachable());
    expect(layer.existed).toBe(false);
    expect(layer.entries).toEqual(first.entries);
    await layer.commit();
    await layer.release();
    expect(await readdir(content.layout.temp)).toEqual([]);
  }
});

test("callers share one flight; what none of them commits is gone", async () => {
  await using root = await temporaryRoot();
  const { layers } = await open(root.path);
  const before = await listing(root.path);
  let opened = 0;
  const source = () => {
    opened++;
    return bytesSource(BLOB)({ signal: new AbortController().signal });
  };
  const [one, two] = await Promise.all([
    layers.stage(LAYER, DIFF_ID, source),
    layers.stage(LAYER, DIFF_ID, source),
  ]);
  expect(opened).toBe(1);
  await one.release();
  await two.release();
  expect(await listing(root.path)).toEqual(before);
});

test("one blob as two layers at once: each is judged by its own DiffID", async () => {
  await using root = await temporaryRoot();
  const { content, layers } = await open(root.path);
  const wrong = layers.stage(LAYER, sha256("wrong"), bytesSource(BLOB));
  const right = layers.stage(LAYER, DIFF_ID, bytesSource(BLOB));
  await expect(wrong).rejects.toMatchObject({ code: "ERR_DIFFID_MISMATCH" });
  await (await right).release();
  expect(await readdir(content.layout.temp)).toEqual([]);
});

describe("bombs", () => {
  test("by ratio: a layer that becomes 300 times as large", async () => {
    await using root = await temporaryRoot();
    const { layers } = await open(root.path);
    const before = await listing(root.path);
    const zeros = gzipSync(Buffer.alloc(300 * 2 ** 20));
    const layer = { digest: sha256(zeros), size: zeros.byteLength, mediaType: OCI_LAYER_GZIP };
    const staged = layers.stage(layer, DIFF_ID, bytesSource(zeros));
    await expect(staged).rejects.toMatchObject({ code: "ERR_LAYER_TOO_LARGE" });
    expect(await listing(root.path)).toEqual(before);
  });
});

test("the stored index gives back what went in", () => {
  const wasm = fc.constantFrom<LayerEntry["wasm"]>("core", "component", undefined);
  const entry = fc
    .record({
      path: fc.string({ unit: "binary" }),
      type: fc.constantFrom("file", "directory", "symlink", "hardlink", "whiteout", "opaque"),
      mode: fc.nat(0o7777),
      size: fc.maxSafeNat(),
      offset: fc.maxSafeNat(),
      mtime: fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n }),
      link: fc.string(),
      wasm,
    } as const)
    .map(({ wasm: kind, ...rest }): LayerEntry =>
      kind === undefined ? rest : { ...rest, wasm: kind },
    );
  fc.assert(
    fc.property(fc.array(entry), (entries) => {
      expect(decodeLayerIndex(encodeLayerIndex(entries), "here")).toEqual(entries);
    }),
  );
});
