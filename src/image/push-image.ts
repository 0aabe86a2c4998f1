import type { ContentStore } from "../content/content-store.js";
import { SafedockError } from "../base/errors.js";
import type { Descriptor } from "../oci/descriptor.js";
import type { Digest } from "../oci/digest.js";
import { MAX_MANIFEST_BYTES, parseManifest } from "../oci/manifest.js";
import { parseReference, type Reference } from "../oci/reference.js";
import type { BlobPusher, ManifestPusher } from "../oci/repository.js";
import { concurrently } from "../base/concurrently.js";
import type { ImageRecord } from "./image-record.js";
import { reportPush, type OnPushProgress } from "./push-progress.js";

/** What is needed of a repository to push to it. */
export type PushRepository = BlobPusher & ManifestPusher;

export interface PushImageOptions {
  /** Repositories of the same registry that have some of the blobs, by the blobs' digests. */
  readonly mountFrom?: ReadonlyMap<Digest, string> | undefined;
  /** Sends blobs in pieces of this many bytes. Default: as `BlobPusher` does it. */
  readonly chunkBytes?: number | undefined;
  /** Blobs that are sent at once. Default 4. */
  readonly concurrentBlobs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnPushProgress | undefined;
}

/** Blobs sent at once: enough to fill a line, and what registries bear. */
const CONCURRENT_BLOBS = 4;

/** What was pushed. */
export interface PushedManifest {
  readonly digest: Digest;
  /** Of the config and all layers, in bytes. */
  readonly size: number;
}

/**
 * Pushes an image of the store: its blobs as they were pulled or built, those that the repository lacks
 * alone, then the manifest under its tag. The bytes of the manifest are the same, so the digest is.
 *
 * @param tagOrDigest - a digest must be the image's own
 * @throws SafedockError `ERR_BLOB_NOT_FOUND` before anything is sent; the codes of a registry; an abort
 * throws the signal's reason
 */
export async function pushImage(
  content: ContentStore,
  record: ImageRecord,
  repository: PushRepository,
  tagOrDigest: string,
  options: PushImageOptions = {},
): Promise<PushedManifest> {
  const { signal, mountFrom, chunkBytes, onProgress } = options;
  signal?.throwIfAborted();
  const { bytes, mediaType, blobs } = await readBlobs(content, record);
  const limit = options.concurrentBlobs ?? CONCURRENT_BLOBS;
  await concurrently(blobs, limit, signal, async (blob, inner) => {
    const report = reportPush(onProgress, blob);
    const from = mountFrom?.get(blob.digest);
    const outcome = await repository.pushBlob(blob, () => readBlob(content, blob.digest), {
      signal: inner,
      onProgress: report.bytes,
      ...(from === undefined ? {} : { mountFrom: from }),
      ...(chunkBytes === undefined ? {} : { chunkBytes }),
    });
    report.finish(outcome);
  });
  const call = signal === undefined ? {} : { signal };
  // Last: a tag never points to an image that is not whole.
  await repository.pushManifest(tagOrDigest, { mediaType, bytes }, call);
  return { digest: record.digest, size: blobs.reduce((sum, { size }) => sum + size, 0) };
}

/**
 * Where an image is pushed to.
 *
 * @throws SafedockError `ERR_REFERENCE_INVALID`; `ERR_OPTIONS_INVALID` for an image without a name, and for
 * the digest of another one
 */
export function pushTarget(record: ImageRecord, target: string | undefined): Reference {
  const text = target ?? record.reference;
  if (text === undefined) throw badTarget("the image has no reference", "name a target");
  const { registry, repository, tag, digest } = parseReference(text);
  if (target === undefined || digest === undefined) {
    // What it was pulled by is its name; the digest of an index is not its own.
    if (tag !== undefined) return { registry, repository, tag };
    return { registry, repository, digest: record.digest };
  }
  if (digest !== record.digest) {
    throw badTarget(
      `${target} names another image, this one is ${record.digest}`,
      "leave the digest off",
    );
  }
  return { registry, repository, ...(tag === undefined ? { digest } : { tag }) };
}

/** Which repositories of a registry are known to have which blobs: where images of the store came from. */
export function blobOrigins(
  records: readonly ImageRecord[],
  { registry, repository }: Reference,
): ReadonlyMap<Digest, string> {
  const origins = new Map<Digest, string>();
  for (const { reference, pulledFrom = [], layers } of records) {
    for (const name of [...pulledFrom, ...(reference === undefined ? [] : [reference])]) {
      const from = parseReference(name);
      if (from.registry !== registry || from.repository === repository) continue;
      for (const { digest } of layers) {
        if (!origins.has(digest)) origins.set(digest, from.repository);
      }
    }
  }
  return origins;
}

/** All that is pushed, looked for before anything is sent. */
async function readBlobs(content: ContentStore, { digest }: ImageRecord) {
  const bytes = await content.read(digest, { maxBytes: MAX_MANIFEST_BYTES });
  const manifest = parseManifest(bytes);
  if (manifest.kind !== "manifest") {
    throw new SafedockError("ERR_MANIFEST_INVALID", `${digest} is no image's manifest`, {
      data: { problem: "it is an index" },
    });
  }
  const blobs = new Map<Digest, Descriptor>();
  for (const blob of [manifest.config, ...manifest.layers]) blobs.set(blob.digest, blob);
  for (const blob of blobs.keys()) {
    if (await content.has(blob)) continue;
    throw new SafedockError("ERR_BLOB_NOT_FOUND", `The store lacks the blob ${blob} of ${digest}`, {
      data: { digest: blob },
      hint: "pull or build the image again",
    });
  }
  return { bytes, mediaType: manifest.mediaType, blobs: [...blobs.values()] };
}

async function* readBlob(content: ContentStore, digest: Digest): AsyncGenerator<Uint8Array> {
  yield* await content.openRead(digest);
}

function badTarget(problem: string, hint: string): SafedockError {
  return new SafedockError("ERR_OPTIONS_INVALID", `Cannot push: ${problem}`, {
    data: { problems: [`target: ${problem}`] },
    hint,
  });
}
