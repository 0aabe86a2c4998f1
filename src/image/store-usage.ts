import type { ContentStore } from "../content/content-store.js";
import type { Digest } from "../oci/digest.js";
import { sizeOf } from "./find-garbage.js";
import type { ImageUsage, StoreUsage } from "./housekeeping-options.js";
import { partsOfImage } from "./parts-of-image.js";
import { nameOfReference, type RecordStore } from "./record-store.js";
import { storedFiles, type StoredKind } from "./stored-files.js";

const PARTS: readonly StoredKind[] = [
  "blob",
  "layer",
  "unpacked",
  "snapshot",
  "component",
  "prepared",
];

/** What each image takes on disk, what they share, and what nobody needs. */
export async function storeUsage(
  content: ContentStore,
  records: RecordStore,
  pinned: ReadonlySet<Digest>,
): Promise<StoreUsage> {
  const { use } = await content.leases.read();
  const images = await records.records();
  const references = await records.references();
  /** Bytes of all that is named for a digest, and how many images need it. */
  const parts = await sizes(content, PARTS);
  const users = new Map<Digest, number>();
  const partsOf = new Map<Digest, ReadonlySet<Digest>>();
  for (const record of images) {
    const needed = new Set(await partsOfImage(content, record));
    partsOf.set(record.digest, needed);
    for (const digest of needed) users.set(digest, (users.get(digest) ?? 0) + 1);
  }
  const recordBytes = await sizes(content, ["image"]);
  const referenceBytes = await sizes(content, ["reference"]);
  const usages = images.map(({ digest, createdAt, layers }): ImageUsage => {
    const names = references.filter((known) => known.digest === digest);
    let uniqueBytes = recordBytes.get(digest) ?? 0;
    let sharedBytes = 0;
    for (const { reference } of names) {
      uniqueBytes += referenceBytes.get(nameOfReference(reference)) ?? 0;
    }
    for (const part of partsOf.get(digest) ?? []) {
      const bytes = parts.get(part) ?? 0;
      if ((users.get(part) ?? 0) > 1) sharedBytes += bytes;
      else uniqueBytes += bytes;
    }
    return {
      digest,
      references: names.map(({ reference }) => reference),
      pinned: pinned.has(digest),
      inUse: use.has(digest),
      createdAt,
      size: layers.reduce((sum, { size }) => sum + size, 0),
      diskBytes: sharedBytes + uniqueBytes,
      sharedBytes,
      uniqueBytes,
    };
  });
  const kept = new Set<Digest>();
  let keptBytes = 0;
  for (const { digest, pinned: isPinned, inUse } of usages) {
    if (!isPinned && !inUse) continue;
    for (const part of partsOf.get(digest) ?? []) kept.add(part);
    keptBytes += recordBytes.get(digest) ?? 0;
  }
  for (const { reference, digest } of references) {
    const isKept = usages.some((image) => image.digest === digest && (image.pinned || image.inUse));
    if (isKept) keptBytes += referenceBytes.get(nameOfReference(reference)) ?? 0;
  }
  for (const part of kept) keptBytes += parts.get(part) ?? 0;
  let unusedBytes = 0;
  for (const [digest, bytes] of parts) if (!users.has(digest)) unusedBytes += bytes;
  const all = [parts, recordBytes, referenceBytes].flatMap((map) => [...map.values()]);
  const diskBytes = all.reduce((sum, bytes) => sum + bytes, 0);
  return { images: usages, diskBytes, unusedBytes, reclaimableBytes: diskBytes - keptBytes };
}

async function sizes(
  content: ContentStore,
  kinds: readonly StoredKind[],
): Promise<ReadonlyMap<Digest, number>> {
  const found = new Map<Digest, number>();
  for (const kind of kinds) {
    for (const file of await storedFiles(content.layout, kind)) {
      found.set(file.digest, (found.get(file.digest) ?? 0) + (await sizeOf(file)));
    }
  }
  return found;
}
