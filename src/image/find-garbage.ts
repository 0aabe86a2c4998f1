import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { ContentStore } from "../content/content-store.js";
import type { Leased } from "../content/leases.js";
import { errorCodeOf } from "../content/process-identity.js";
import { isDigest, type Digest } from "../oci/digest.js";
import { readIfThere } from "./check-blob.js";
import type { ImageRecord } from "./image-record.js";
import { blobsOfImage, partsOfImage } from "./parts-of-image.js";
import { FOLDERS, storedFiles, type StoredFile, type StoredKind } from "./stored-files.js";

/** A file with its size on disk, in bytes. */
export interface SizedFile extends StoredFile {
  readonly bytes: number;
}

/** What is derived goes before what it was derived of: whatever is left is still right. */
const ORDER: readonly StoredKind[] = [
  "component",
  "prepared",
  "unpacked",
  "layer",
  "snapshot",
  "blob",
];

/**
 * What neither an image nor a living process needs, in the order in which it has to go.
 *
 * @param dropped - images that are about to go: only leases keep what is theirs alone
 */
export async function findGarbage(
  content: ContentStore,
  images: readonly ImageRecord[],
  dropped: ReadonlySet<Digest>,
  leased: Leased,
): Promise<SizedFile[]> {
  const kept = await keptParts(content, images, dropped, leased);
  const garbage: SizedFile[] = [];
  for (const kind of ORDER) {
    for (const file of await storedFiles(content.layout, kind)) {
      if (!kept.has(file.digest)) garbage.push({ ...file, bytes: await sizeOf(file) });
    }
  }
  return garbage;
}

export async function removeFiles(files: readonly StoredFile[]): Promise<void> {
  for (const { path } of files) await rm(path, { recursive: true, force: true });
}

/** Bytes of a file, or of what a folder holds; 0 for what is gone. */
export async function sizeOf({ kind, path }: StoredFile): Promise<number> {
  try {
    if (!FOLDERS.has(kind)) return (await stat(path)).size;
    const sizes = (await readdir(path)).map(async (name) => (await stat(join(path, name))).size);
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  } catch (error) {
    if (errorCodeOf(error) === "ENOENT") return 0;
    throw error;
  }
}

async function keptParts(
  content: ContentStore,
  images: readonly ImageRecord[],
  dropped: ReadonlySet<Digest>,
  leased: Leased,
): Promise<ReadonlySet<Digest>> {
  const kept = new Set<Digest>([...leased.work, ...leased.use]);
  const readable = new Set<Digest>();
  for (const record of images) {
    readable.add(record.digest);
    if (dropped.has(record.digest)) continue;
    for (const digest of await partsOfImage(content, record)) kept.add(digest);
  }
  for (const { digest } of await storedFiles(content.layout, "image")) {
    if (readable.has(digest)) continue;
    // Its record is damaged: `verify` can make it again from what its manifest names.
    for (const blob of await blobsOfImage(content, { digest, layers: [] })) {
      kept.add(blob);
      const diffId = await readIfThere(content.layout.unpacked(blob));
      if (isDigest(diffId)) kept.add(diffId);
    }
  }
  return kept;
}
