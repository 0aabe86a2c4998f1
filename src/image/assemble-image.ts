import { rm } from "node:fs/promises";
import type { LayerFile } from "../layer/write-layer.js";
import { writeLayer } from "../layer/write-layer.js";
import type { NewEntries } from "../layer/new-entry.js";
import { OCI_CONFIG } from "../oci/media-types.js";
import { readBase } from "./base-image.js";
import { checkProgram } from "./check-program.js";
import type { ImagePlan } from "./image-plan.js";
import type { ImageRecord } from "./image-record.js";
import type { OpenImage } from "./resolve-entry.js";
import { newConfig } from "./new-config.js";
import { newManifest } from "./new-manifest.js";
import { partsOfImage } from "./parts-of-image.js";
import type { ImageDestination } from "./pull-image.js";
import { putNewImage } from "./put-new-image.js";
import type { StageImageOptions } from "./stage-image.js";
import { treeEntries } from "./tree-entries.js";

/** Opens an image of the store. */
export type OpenBase = (record: ImageRecord) => Promise<Pick<OpenImage, "tree" | "blobs">>;

/**
 * Makes an image of files, on another image or on nothing, and puts it into the store: all of it or
 * nothing. It takes the way of an image that is pulled, with the same checks.
 *
 * @throws SafedockError what `storeImage` throws; `ERR_ENTRYPOINT_MISSING`, `ERR_BLOB_NOT_FOUND`
 */
export async function assembleImage(
  stores: ImageDestination,
  openBase: OpenBase,
  plan: ImagePlan,
  options: StageImageOptions,
): Promise<ImageRecord> {
  const { content } = stores;
  const { signal } = options;
  signal?.throwIfAborted();
  const files: LayerFile[] = [];
  // What the base has must stay until the new image's record names it.
  const parts = plan.base === undefined ? [] : await partsOfImage(content, plan.base);
  const lease = await content.leases.hold(parts, signal);
  const write = async (entries: NewEntries): Promise<LayerFile> => {
    const { compression } = plan;
    const file = await writeLayer(content.temporary.newPath(), entries, { compression, signal });
    files.push(file);
    return file;
  };
  try {
    const base = plan.base === undefined ? undefined : await readBase(content, plan.base);
    const inherited = base?.layers ?? (await baseFiles(plan.base, openBase, write));
    const own = plan.entries === undefined ? [] : [await write(plan.entries)];
    const all = [...inherited, ...own];
    const diffIds = all.map(({ diffId }) => diffId);
    const bytes = newConfig(plan, base, { diffIds, inherited: inherited.length });
    const layers = all.map(({ mediaType, digest, size }) => ({ mediaType, digest, size }));
    const config = { mediaType: OCI_CONFIG, bytes };
    const made = newManifest(content, config, layers, plan.annotations, files);
    return await putNewImage(stores, made, plan.reference, checkProgram, options);
  } finally {
    await lease.release();
    for (const { path } of files) await rm(path, { force: true });
  }
}

/** The files of a base that has no tars, as one: a module's, or a Spin application's. */
async function baseFiles(
  base: ImageRecord | undefined,
  openBase: OpenBase,
  write: (entries: NewEntries) => Promise<LayerFile>,
): Promise<readonly LayerFile[]> {
  if (base === undefined) return [];
  const { tree, blobs } = await openBase(base);
  return [await write(treeEntries(tree, blobs))];
}
