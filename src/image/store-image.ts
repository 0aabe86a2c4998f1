import type { FoundManifest } from "./find-manifest.js";
import type { ImageRecord } from "./image-record.js";
import type { ImageSource } from "./image-source.js";
import type { RecordStore } from "./record-store.js";
import { stageImage, type ImageStores, type StageImageOptions } from "./stage-image.js";
import { Staging } from "./staging.js";

/**
 * Brings in the image of a manifest and puts it into the store with its record, all of it or nothing.
 *
 * @param changes - what the record says in place of what the manifest does; as a function, it may refuse
 * the image.
 */
export async function storeImage(
  stores: ImageStores & { readonly records: RecordStore },
  source: ImageSource,
  found: FoundManifest,
  name: string,
  changes: Partial<ImageRecord> | ((staged: ImageRecord) => Partial<ImageRecord>),
  options: StageImageOptions,
): Promise<ImageRecord> {
  const staging = new Staging();
  try {
    const staged = await stageImage(stores, staging, source, found, name, options);
    const record = { ...staged, ...(typeof changes === "function" ? changes(staged) : changes) };
    options.signal?.throwIfAborted();
    await staging.commit();
    await stores.records.put(record);
    return record;
  } finally {
    await staging.release();
  }
}
