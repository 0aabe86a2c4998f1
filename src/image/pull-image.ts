import { formatReference, parseReference } from "../oci/reference.js";
import type { Platform } from "../oci/descriptor.js";
import type { Digest } from "../oci/digest.js";
import type { SignedRepository } from "../trust/find-signatures.js";
import type { Requirement } from "../trust/requirement.js";
import { findManifest, type FoundManifest } from "./find-manifest.js";
import type { ImageRecord } from "./image-record.js";
import type { ImageSource, SourcedManifest } from "./image-source.js";
import { originOf } from "./pull-origin.js";
import { runningParts } from "./parts-of-image.js";
import { reportBlob } from "./pull-progress.js";
import type { RecordStore } from "./record-store.js";
import type { ImageStores, StageImageOptions } from "./stage-image.js";
import { storeImage } from "./store-image.js";

/** What is needed of a registry to pull from it. */
export interface PullRegistry {
  repository(path: string): SignedRepository;
}

export interface PullImageOptions extends StageImageOptions {
  /**
   * Platform to take from an index, such as `linux/amd64`. Default `wasi/wasm`, its aliases, and
   * entries annotated as WebAssembly.
   */
  readonly platform?: Platform | string;
  /** Signatures that the image must have, each of them. Default none. */
  readonly requirements?: readonly Requirement[];
  /** What is fetched in place of what the reference's tag points to. Default: the tag is asked for. */
  readonly lockedDigest?: Digest;
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
  const repository = registry.repository(reference.repository);
  const call = signal === undefined ? {} : { signal };
  const wanted = reference.digest ?? options.lockedDigest ?? reference.tag ?? "latest";
  const start = await repository.fetchManifest(wanted, call);
  const source: ImageSource = {
    manifest: (digest) => repository.fetchManifest(digest, call),
    blob: (descriptor) => async (context) =>
      (await repository.fetchBlob(descriptor, context)).stream,
  };
  const { requirements = [] } = options;
  return bringIn(stores, source, start, formatReference(reference), options, (found, known) =>
    originOf(repository, reference, start, found, known, requirements, signal),
  );
}

/**
 * Finds the image that a manifest or index leads to and puts it into the store, all of it or nothing.
 *
 * @param examine - looks at the image before anything of it is fetched, and says what else its record has
 */
export async function bringIn(
  stores: ImageDestination,
  source: ImageSource,
  start: SourcedManifest,
  reference: string | undefined,
  options: PullImageOptions,
  examine?: (found: FoundManifest, known: ImageRecord | undefined) => Promise<Partial<ImageRecord>>,
): Promise<ImageRecord> {
  const found = await findManifest(source, start, options.platform, options.signal);
  const name = reference ?? found.descriptor.digest;
  const known = await stores.records.byDigest(found.descriptor.digest);
  const origin = await examine?.(found, known);
  const changes = { ...origin, ...(reference === undefined ? undefined : { reference }) };
  const lease = await stores.content.leases.hold(partsOf(found, known), options.signal);
  try {
    if (known !== undefined && (await stores.isComplete(known))) {
      reportKnown(found, options);
      const record = { ...known, ...changes };
      await stores.records.put(record);
      return record;
    }
    return await storeImage(stores, source, found, name, changes, options);
  } finally {
    await lease.release();
  }
}

/** What must not be collected between a look at it and the record that names it. */
function partsOf(
  { manifest, descriptor }: FoundManifest,
  known: ImageRecord | undefined,
): Digest[] {
  const blobs = [descriptor, manifest.config, ...manifest.layers].map(({ digest }) => digest);
  return known === undefined ? blobs : [...blobs, ...runningParts(known)];
}

function reportKnown({ manifest }: FoundManifest, { onProgress }: PullImageOptions): void {
  for (const blob of [manifest.config, ...manifest.layers]) {
    reportBlob(onProgress, blob).finish(true);
  }
}
