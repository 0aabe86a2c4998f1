import { SafedockError } from "../base/errors.js";
import type { Digest } from "../oci/digest.js";
import { MAX_MANIFEST_BYTES, parseManifest } from "../oci/manifest.js";
import type { ImageLimits } from "./image-limits.js";
import type { ImageRecord } from "./image-record.js";
import type { ImageDestination } from "./pull-image.js";
import { storeImage } from "./store-image.js";

/** Caps are for what is not known yet: these bytes were taken in before, under the app's own. */
const NO_LIMITS: ImageLimits = {
  maxImageBytes: Number.MAX_SAFE_INTEGER,
  maxUncompressedBytes: Number.MAX_SAFE_INTEGER,
  maxLayerBytes: Number.MAX_SAFE_INTEGER,
  maxLayerEntries: Number.MAX_SAFE_INTEGER,
};

/**
 * Makes all that is derived of an image's blobs again, as far as it is not there: it is taken in once more,
 * from the store itself.
 *
 * @param known - its record, if that is good
 * @throws SafedockError `ERR_BLOB_NOT_FOUND` if a blob is not there, and the codes of a pull
 */
export async function rebuildImage(
  stores: ImageDestination,
  digest: Digest,
  known: ImageRecord | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { content } = stores;
  const bytes = await content.read(digest, { maxBytes: MAX_MANIFEST_BYTES });
  const manifest = parseManifest(bytes);
  if (manifest.kind !== "manifest") {
    const { mediaType } = manifest;
    throw new SafedockError("ERR_MANIFEST_UNSUPPORTED", `${digest} is an index`, {
      data: { mediaType },
    });
  }
  const descriptor = { mediaType: manifest.mediaType, digest, size: bytes.byteLength };
  const found = { descriptor, bytes, manifest, platform: known?.platform };
  const source = {
    manifest: () => Promise.resolve({ descriptor, bytes }),
    blob: (blob: { readonly digest: Digest }) => () => content.openRead(blob.digest),
  };
  // Only the record knew where the image came from: a policy must not take it for one of its own.
  const changes = known === undefined ? { pulledFrom: [] } : notDerived(known);
  await storeImage(stores, source, found, digest, changes, { ...NO_LIMITS, signal });
}

/** What a record says beside what the image's blobs do. */
function notDerived(record: ImageRecord): Partial<ImageRecord> {
  const { createdAt, format, pulledFrom, indexes, trust } = record;
  return {
    createdAt,
    format,
    ...(pulledFrom === undefined ? {} : { pulledFrom }),
    ...(indexes === undefined ? {} : { indexes }),
    ...(trust === undefined ? {} : { trust }),
  };
}
