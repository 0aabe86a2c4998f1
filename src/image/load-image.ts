import { formatReference, parseReference } from "../oci/reference.js";
import { allImages, chooseImage, type HeldImage } from "../layout/choose-image.js";
import { checkNamedDigest } from "./check-named-digest.js";
import type { ImageRecord } from "./image-record.js";
import { partsOfImage } from "./parts-of-image.js";
import { loadModule } from "./loose-module.js";
import { openLoadSource, startOf, type HeldImages, type LoadSource } from "./load-source.js";
import { bringIn, type ImageDestination, type PullImageOptions } from "./pull-image.js";

export interface LoadImageOptions extends PullImageOptions {
  /** Reference under which the image can be found later. Default: the names that it has in the source. */
  readonly reference?: string;
  /**
   * Of a source with several images: the one with this name, as it is written there, as a reference, or as
   * the tag of one. Default: the one called `reference`, or the only one, or that of the wanted platform.
   */
  readonly tag?: string;
  /** Whether an image gets the names that its source has for it, without `reference`. Default `keep`. */
  readonly names?: "keep" | "ignore";
  /** Largest archive, uncompressed, in bytes. Default 32 GiB. */
  readonly maxArchiveBytes?: number;
}

/**
 * Loads an image without a registry: a `.wasm` file (a core module or a component), an OCI layout folder,
 * an OCI or `docker save` archive, plain or compressed; by path, as bytes or as a stream.
 *
 * A module becomes an image of one file, with its path as the Entrypoint.
 *
 * @throws SafedockError `ERR_SOURCE_UNSUPPORTED` for anything else, and for several images of which none is
 * named; `ERR_ARCHIVE_INVALID`; what `pullImage` throws.
 */
export async function loadImage(
  stores: ImageDestination,
  source: LoadSource,
  options: LoadImageOptions = {},
): Promise<ImageRecord> {
  const reference = referenceOf(options);
  const opened = await openLoadSource(stores.content, source, options);
  try {
    if (opened.kind === "module") return await loadModule(stores, opened, reference, options);
    const { name, entries } = opened;
    return await bringInHeld(stores, opened, choose(name, entries, options), options);
  } finally {
    await opened.close();
  }
}

/**
 * Loads all images of a folder or an archive, each as {@link loadImage} does. What comes before one that is
 * refused stays.
 */
export async function loadImages(
  stores: ImageDestination,
  source: LoadSource,
  options: Omit<LoadImageOptions, "reference" | "tag"> = {},
): Promise<ImageRecord[]> {
  const opened = await openLoadSource(stores.content, source, options);
  try {
    if (opened.kind === "module") return [await loadModule(stores, opened, undefined, options)];
    const records: ImageRecord[] = [];
    for (const image of allImages(opened.entries)) {
      records.push(await bringInHeld(stores, opened, image, options));
    }
    return records;
  } finally {
    await opened.close();
  }
}

function choose(
  name: string,
  entries: HeldImages["entries"],
  { tag, reference }: LoadImageOptions,
): HeldImage {
  if (tag !== undefined) return chooseImage(name, entries, tag);
  try {
    return chooseImage(name, entries, undefined);
  } catch (error) {
    if (reference === undefined) throw error;
    return chooseImage(name, entries, reference);
  }
}

async function bringInHeld(
  stores: ImageDestination,
  { source }: HeldImages,
  image: HeldImage,
  options: LoadImageOptions,
): Promise<ImageRecord> {
  const start = await startOf(source, image, options.signal);
  const given = referenceOf(options);
  const kept = options.names === "ignore" ? [] : image.references;
  const [reference, ...others] = given === undefined ? kept : [given];
  const record = await bringIn(stores, source, start, reference, options, ({ descriptor }) => {
    checkNamedDigest(reference, [descriptor.digest, start.descriptor.digest]);
    return Promise.resolve({});
  });
  if (others.length > 0) await addNames(stores, record, others);
  return record;
}

async function addNames(
  stores: ImageDestination,
  record: ImageRecord,
  references: readonly string[],
): Promise<void> {
  const lease = await stores.content.leases.hold(await partsOfImage(stores.content, record));
  try {
    // Removed by another process in this moment: a name for it would name nothing.
    if (!(await stores.isComplete(record))) return;
    for (const reference of references) await stores.records.put({ ...record, reference });
  } finally {
    await lease.release();
  }
}

function referenceOf({ reference }: LoadImageOptions): string | undefined {
  return reference === undefined ? undefined : formatReference(parseReference(reference));
}
