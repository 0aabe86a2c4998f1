import type { ImageRecord } from "./image-record.js";
import type { NewManifest } from "./new-manifest.js";
import { runningParts } from "./parts-of-image.js";
import type { ImageDestination } from "./pull-image.js";
import type { StageImageOptions } from "./stage-image.js";
import { storeImage } from "./store-image.js";

/**
 * Puts an image that was made here into the store, all of it or nothing. One that is there already, with
 * what it knows of where it was pulled from, gets the name alone.
 *
 * @param check - may refuse the image before anything of it is in the store
 */
export async function putNewImage(
  stores: ImageDestination,
  { found, source }: NewManifest,
  reference: string | undefined,
  check: (record: ImageRecord) => void,
  options: StageImageOptions,
): Promise<ImageRecord> {
  const { manifest, descriptor } = found;
  const named = reference === undefined ? {} : { reference };
  const known = await stores.records.byDigest(descriptor.digest);
  const blobs = [descriptor, manifest.config, ...manifest.layers].map(({ digest }) => digest);
  const parts = known === undefined ? blobs : [...blobs, ...runningParts(known)];
  const lease = await stores.content.leases.hold(parts, options.signal);
  try {
    if (known !== undefined && (await stores.isComplete(known))) {
      check(known);
      const record = { ...known, ...named };
      await stores.records.put(record);
      return record;
    }
    const changes = (record: ImageRecord): Partial<ImageRecord> => {
      check(record);
      return named;
    };
    const name = reference ?? descriptor.digest;
    return await storeImage(stores, source, found, name, changes, options);
  } finally {
    await lease.release();
  }
}
