import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { SafedockError } from "../../../src/base/errors.js";
import { shapeOfManifest } from "../../../src/image/image-format.js";
import { openDecompressor } from "../../../src/layer/decompressor.js";
import { invalidLayer } from "../../../src/layer/invalid-layer.js";
import type { LayerEntry } from "../../../src/layer/layer-entry.js";
import { decodeLayerIndex, encodeLayerIndex } from "../../../src/layer/layer-index.js";
import { TarIndexer } from "../../../src/layer/tar-indexer.js";
import type { Digest } from "../../../src/oci/digest.js";
import { parseImageConfig } from "../../../src/oci/image-config.js";
import { parseManifest } from "../../../src/oci/manifest.js";
import { selectPlatform } from "../../../src/oci/platform.js";
import { flattenLayers } from "../../../src/snapshot/flatten-layers.js";
import { encodeTree } from "../../../src/tree/encode-tree.js";
import { Tree, TREE_DIRECTORY } from "../../../src/tree/tree.js";
import { pick, type Numbers } from "../seeded-numbers.js";
import { mutatedJson } from "./json-mutator.js";
import { mutatedTar } from "./tar-mutator.js";

const DIGEST: Digest = `sha256:${"a".repeat(64)}`;
const CONTENT_TYPES = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json; charset=utf-8",
  "text/html",
  "__proto__",
];
const PLATFORMS = [undefined, undefined, "linux/amd64", "wasi/wasm/v1", "__proto__/constructor"];

/** Mostly what the document itself says counts. */
function contentType(next: Numbers): string | undefined {
  return next(4) === 0 ? pick(CONTENT_TYPES, next) : undefined;
}

function corpus(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../corpus/${name}.json`, import.meta.url), "utf8"));
}

const manifests = ["image", "docker", "artifact", "spin"].map((name) => corpus(`manifest-${name}`));
const indexes = ["platforms", "docker"].map((name) => corpus(`index-${name}`));
const configs = ["image", "small"].map((name) => corpus(`config-${name}`));

/** Makes an input of its kind from numbers, and reads it as a pull does. Rejects with what the reader throws. */
export const readers = {
  manifest: (next: Numbers): void => {
    const bytes = mutatedJson(pick(manifests, next), next);
    const read = parseManifest(bytes, contentType(next));
    if ("layers" in read) shapeOfManifest(read);
  },
  index: (next: Numbers): void => {
    const bytes = mutatedJson(pick(indexes, next), next);
    const read = parseManifest(bytes, contentType(next));
    if ("manifests" in read) selectPlatform(read, pick(PLATFORMS, next));
  },
  config: (next: Numbers): void => {
    parseImageConfig(mutatedJson(pick(configs, next), next));
  },
  tar: async (next: Numbers): Promise<void> => {
    const tar = mutatedTar(next);
    const entries = await (next(8) === 0 ? entriesOfGzip(tar, next) : entriesOfTar(tar, next));
    for (const { path, offset, size } of entries) {
      if (!path.startsWith("/") || path.split("/").includes("..")) throw new Error(path);
      if (offset + size > tar.byteLength) throw new Error(`${path} lies outside of the tar`);
    }
    const index = encodeLayerIndex(entries);
    if (encodeLayerIndex(decodeLayerIndex(index, "x")) !== index) throw new Error("another index");
    await readTree(entries);
  },
} as const;

export type Kind = keyof typeof readers;

/** The entries of a tar that comes in pieces. */
export async function entriesOfTar(tar: Uint8Array, next: Numbers): Promise<readonly LayerEntry[]> {
  const indexer = new TarIndexer(
    (problem) => invalidLayer(DIGEST, problem),
    () => undefined,
  );
  const step = pick([tar.byteLength, 512, 100, 1000], next) || 1;
  try {
    for (let at = 0; at < tar.byteLength; at += step) {
      await indexer.write(tar.subarray(at, at + step));
    }
    return await indexer.end();
  } finally {
    indexer.discard();
  }
}

/** The same through gzip, whose bytes are damaged too, half of the time. */
async function entriesOfGzip(tar: Uint8Array, next: Numbers): Promise<readonly LayerEntry[]> {
  const bytes = gzipSync(tar, { level: 1 });
  if (next(2) === 0) bytes[next(bytes.byteLength)] ^= 1 << next(8);
  const indexer = new TarIndexer(
    (problem) => invalidLayer(DIGEST, problem),
    () => undefined,
  );
  const decompressor = await openDecompressor(
    "gzip",
    (chunk) => indexer.write(chunk),
    (problem) =>
      new SafedockError("ERR_LAYER_COMPRESSION", problem, {
        data: { digest: DIGEST, mediaType: "gzip" },
      }),
  );
  try {
    await decompressor.write(bytes.subarray(0, next(3) === 0 ? next(bytes.byteLength) : undefined));
    await decompressor.end();
    return await indexer.end();
  } finally {
    decompressor.discard();
    indexer.discard();
  }
}

/** Lays the entries over a layer of ordinary ones and walks the tree. */
async function readTree(entries: readonly LayerEntry[]): Promise<void> {
  const base = { mode: 0o644, size: 3, offset: 512, mtime: 0n, link: "" };
  const below: LayerEntry[] = [
    { ...base, path: "/a", type: "file" },
    { ...base, path: "/b/c", type: "file" },
    { ...base, path: "/dir", type: "symlink", size: 0, link: "b" },
    { ...base, path: "/loop", type: "symlink", size: 0, link: "loop/loop" },
  ];
  const { root } = await flattenLayers([
    { digest: DIGEST, entries: below },
    { digest: DIGEST, entries },
  ]);
  const tree = new Tree(encodeTree(root), "/tree");
  const walk = [0];
  let seen = 0;
  for (let at = walk.pop(); at !== undefined; at = walk.pop()) {
    seen++;
    tree.resolve(tree.path(at));
    if (tree.type(at) !== TREE_DIRECTORY) continue;
    for (let i = 0; i < tree.childCount(at); i++) walk.push(tree.firstChild(at) + i);
  }
  if (seen !== tree.count) throw new Error(`a walk meets ${seen} of ${tree.count} entries`);
}
