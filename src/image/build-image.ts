import { stat } from "node:fs/promises";
import type { Platform } from "../oci/descriptor.js";
import { TREE_DIRECTORY } from "../tree/tree.js";
import { assembleArtifact } from "./assemble-artifact.js";
import { assembleImage, type OpenBase } from "./assemble-image.js";
import { buildEntries, readSource, type BuildFile } from "./build-files.js";
import type { ConfigChanges } from "./image-plan.js";
import type { ImageRecord } from "./image-record.js";
import type { ImageDestination } from "./pull-image.js";
import type { StageImageOptions } from "./stage-image.js";

/** An image that is to be built; all of it is checked. */
export interface BuildOrder {
  readonly format: "image" | "wasm-artifact";
  readonly base: ImageRecord | undefined;
  /** By absolute path; one file alone for an artifact. */
  readonly files: ReadonlyMap<string, BuildFile>;
  readonly changes: ConfigChanges;
  readonly platform: Platform | undefined;
  readonly annotations: ReadonlyMap<string, string>;
  readonly compression: "none" | "gzip";
  readonly createdAt: Date;
  readonly author: string | undefined;
  readonly reference: string | undefined;
}

/** What an image's history says of a layer that was built here. */
const CREATED_BY = "safedock buildImage";

/**
 * Builds an image: files → tar layer → config → manifest → store. The same order gives the same digest,
 * on every machine and with every version of Node (but for gzip, see `compression`).
 *
 * @throws SafedockError `ERR_SOURCE_UNSUPPORTED`, `ERR_ENTRYPOINT_MISSING`, `ERR_MODULE_INVALID`, and what
 * bringing an image into the store throws
 */
export async function buildImage(
  stores: ImageDestination,
  openBase: OpenBase,
  order: BuildOrder,
  options: StageImageOptions,
): Promise<ImageRecord> {
  const { base, files, createdAt } = order;
  const [first] = files;
  if (order.format === "wasm-artifact" && first !== undefined) {
    const [path, file] = first;
    return assembleArtifact(stores, { ...order, module: await moduleOf(path, file) }, options);
  }
  const tree = base === undefined ? undefined : (await openBase(base)).tree;
  const hasDirectory = (path: string): boolean => {
    const found = tree?.resolve(path) ?? -1;
    return tree !== undefined && found >= 0 && tree.type(found) === TREE_DIRECTORY;
  };
  const mtime = BigInt(createdAt.getTime()) * 1_000_000n;
  const entries = files.size === 0 ? undefined : buildEntries(files, { mtime, hasDirectory });
  const plan = { ...order, entries, createdBy: CREATED_BY, comment: undefined };
  return assembleImage(stores, openBase, plan, options);
}

async function moduleOf(path: string, file: BuildFile) {
  if (file.kind === "content") {
    return { path, content: () => chunksOf(file.bytes) };
  }
  const source = file.kind === "source" ? file.source : "";
  const { size } = await stat(source);
  return { path, content: () => readSource(source, size, true) };
}

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield await Promise.resolve(bytes);
}
