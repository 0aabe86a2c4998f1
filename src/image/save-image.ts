import { stat } from "node:fs/promises";
import { SafedockError } from "../base/errors.js";
import type { ContentStore } from "../content/content-store.js";
import { readDockerParts } from "./docker-parts.js";
import { saveToLayout } from "../layout/save-to-layout.js";
import type { SavedBlob, SavedImage } from "../layout/saved-image.js";
import { writeDockerArchive } from "../layout/write-docker-archive.js";
import { writeOciArchive } from "../layout/write-oci-archive.js";
import type { Descriptor } from "../oci/descriptor.js";
import type { Digest } from "../oci/digest.js";
import { MAX_MANIFEST_BYTES, parseManifest } from "../oci/manifest.js";
import type { ImageRecord } from "./image-record.js";
import { partsOfImage } from "./parts-of-image.js";
import { writeTarget, type ArchiveCompression, type ArchiveTarget } from "./write-target.js";

/**
 * How images are saved.
 *
 * - `oci-layout`: a folder (OCI image specification, "Image Layout"); images are added to what is there
 * - `oci-archive`: the same as a tar
 * - `docker-archive`: what `docker save` writes and `docker load` takes, for images of tar layers
 */
export type SaveFormat = "oci-layout" | "oci-archive" | "docker-archive";

/** How far one blob is that is being saved. */
export interface SaveProgress {
  readonly digest: Digest;
  /** Bytes so far. */
  readonly bytes: number;
  /** Bytes of the whole blob. */
  readonly total: number;
}

export interface SaveImageOptions {
  readonly format: SaveFormat;
  /** Of an archive. Default `none`. */
  readonly compression?: ArchiveCompression | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: SaveProgress) => void) | undefined;
}

/** An image, and the full references under which it is saved. */
export interface ImageToSave {
  readonly record: ImageRecord;
  readonly references: readonly string[];
}

/**
 * Writes images of a store into a folder or an archive. All blobs are looked for first, and hashed as they
 * are written. After a failure no archive is there, and a folder lists what it listed before.
 *
 * @throws SafedockError `ERR_BLOB_NOT_FOUND`, `ERR_STORE_INVALID`, `ERR_MANIFEST_UNSUPPORTED`; an abort
 * throws the signal's reason
 */
export async function saveImages(
  content: ContentStore,
  images: readonly ImageToSave[],
  target: ArchiveTarget,
  options: SaveImageOptions,
): Promise<void> {
  const { signal } = options;
  signal?.throwIfAborted();
  const parts: Digest[] = [];
  for (const { record } of images) parts.push(...(await partsOfImage(content, record)));
  const lease = await content.leases.hold(parts, signal);
  try {
    await write(content, images, target, options);
  } finally {
    await lease.release();
  }
}

async function write(
  content: ContentStore,
  images: readonly ImageToSave[],
  target: ArchiveTarget,
  { format, compression, signal, onProgress }: SaveImageOptions,
): Promise<void> {
  const saved: SavedImage[] = [];
  for (const image of images) saved.push(await readImage(content, image, onProgress));
  if (format === "oci-layout") {
    if (typeof target !== "string") throw notAFolder();
    return saveToLayout(target, saved, signal);
  }
  const bytes = format === "oci-archive" ? writeOciArchive(saved) : writeDockerArchive(saved);
  return writeTarget(target, bytes, { compression, signal });
}

async function readImage(
  content: ContentStore,
  { record, references }: ImageToSave,
  onProgress: SaveImageOptions["onProgress"],
): Promise<SavedImage> {
  const { digest, platform } = record;
  const bytes = await content.read(digest, { maxBytes: MAX_MANIFEST_BYTES });
  const manifest = parseManifest(bytes);
  if (manifest.kind !== "manifest") {
    throw new SafedockError("ERR_MANIFEST_INVALID", `${digest} is no image's manifest`, {
      data: { problem: "it is an index" },
    });
  }
  const { mediaType } = manifest;
  const descriptor: Descriptor = { mediaType, digest, size: bytes.byteLength, platform };
  const find = (blob: Digest) => storedBlob(content, blob, onProgress);
  const digests = new Set([manifest.config, ...manifest.layers].map((blob) => blob.digest));
  const blobs = [await find(digest)];
  for (const blob of digests) blobs.push(await find(blob));
  const docker = await readDockerParts(content, manifest, find);
  return { descriptor, manifest, references, blobs, docker };
}

async function storedBlob(
  content: ContentStore,
  digest: Digest,
  onProgress: SaveImageOptions["onProgress"],
): Promise<SavedBlob> {
  const found = await stat(content.path(digest)).catch(() => undefined);
  if (found === undefined) {
    throw new SafedockError("ERR_BLOB_NOT_FOUND", `The store lacks the blob ${digest}`, {
      data: { digest },
      hint: "pull or load the image again",
    });
  }
  const { size } = found;
  return { digest, size, open: () => reported(content, digest, size, onProgress) };
}

async function* reported(
  content: ContentStore,
  digest: Digest,
  total: number,
  onProgress: SaveImageOptions["onProgress"],
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of await content.openRead(digest)) {
    bytes += chunk.byteLength;
    yield chunk;
    onProgress?.({ digest, bytes, total });
  }
}

function notAFolder(): SafedockError {
  const problem = "target: must be the path of a folder for oci-layout";
  return new SafedockError("ERR_OPTIONS_INVALID", problem, { data: { problems: [problem] } });
}
