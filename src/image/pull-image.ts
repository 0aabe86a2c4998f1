import { formatReference, parseReference, type Reference } from "../oci/reference.js";
import type { Platform } from "../oci/descriptor.js";
import type { BlobFetcher, ManifestFetcher } from "../registry/registry.js";
import { findManifest, type FoundManifest } from "./find-manifest.js";
import type { ImageRecord } from "./image-record.js";
import type { ImageSource, SourcedManifest } from "./image-source.js";
import { reportBlob } from "./pull-progress.js";
import type { RecordStore } from "./record-store.js";
import type { ImageStores, StageImageOptions } from "./stage-image.js";
import { storeImage } from "./store-image.js";

/** What is needed of a registry to pull from it. */
export type PullRegistry = ManifestFetcher & BlobFetcher;

export interface PullImageOptions extends StageImageOptions {
  /**
   * Platform to take from an index, such as `linux/amd64`. Default `wasi/wasm`, its aliases, and
   * entries annotated as WebAssembly.
   */
  readonly platform?: Platform | string;
}

export interface ImageDestination extends ImageStores {
  readonly records: RecordStore;
  /** Tells whether the store has all that a record needs. */
  readonly isComplete: (record: ImageRecord) => Promise<boolean>;
}

/**
 * Pulls an image: reference → manifest → config and layers, verified and indexed as they stream in →
 * snapshot → record. The store gets all of it or nothing.
 *
 * @throws SafedockError the codes of references, manifests, configs, platforms, registries, blobs,
 * layers and `ERR_IMAGE_NO_WASM`; an abort throws the signal's reason.
 */
export async function pullImage(
  stores: ImageDestination,
  registry: PullRegistry,
  text: string,
  options: PullImageOptions = {},
): Promise<ImageRecord> {
  const reference = parseReference(text);
  const { signal } = options;
  signal?.throwIfAborted();
  const { repository } = reference;
  const call = signal === undefined ? {} : { signal };
  const start = await registry.fetchManifest(repository, tagOrDigestOf(reference), call);
  const source: ImageSource = {
    manifest: (digest) => registry.fetchManifest(repository, digest, call),
    blob: (descriptor) => async (context) =>
      (await registry.fetchBlob(repository, descriptor, context)).stream,
  };
  return bringIn(stores, source, start, formatReference(reference), options);
}

/** Finds the image that a manifest or index leads to and puts it into the store, all of it or nothing. */
export async function bringIn(
  stores: ImageDestination,
  source: ImageSource,
  start: SourcedManifest,
  reference: string | undefined,
  options: PullImageOptions,
): Promise<ImageRecord> {
  const found = await findManifest(source, start, options.platform, options.signal);
  const name = reference ?? found.descriptor.digest;
  const named = reference === undefined ? {} : { reference };
  const known = await stores.records.byDigest(found.descriptor.digest);
  if (known !== undefined && (await stores.isComplete(known))) {
    reportKnown(found, options);
    const record = { ...known, ...named };
    await stores.records.put(record);
    return record;
  }
  return storeImage(stores, source, found, name, named, options);
}

function reportKnown({ manifest }: FoundManifest, { onProgress }: PullImageOptions): void {
  for (const blob of [manifest.config, ...manifest.layers]) {
    reportBlob(onProgress, blob).finish(true);
  }
}

function tagOrDigestOf({ digest, tag }: Reference): string {
  return digest ?? tag ?? "latest";
}
