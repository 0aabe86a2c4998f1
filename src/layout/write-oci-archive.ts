import type { NewEntry } from "../layer/new-entry.js";
import { writeTar } from "../layer/write-tar.js";
import type { Descriptor } from "../oci/descriptor.js";
import { digestAlgorithm, type Digest } from "../oci/digest.js";
import { OCI_INDEX } from "../oci/media-types.js";
import { IMAGE_NAME, REF_NAME, readReference, referencesOf } from "./image-names.js";
import { blobName, INDEX_FILE, LAYOUT_CONTENT, LAYOUT_FILE } from "./oci-archive.js";
import { archiveFile, archiveFolder, type SavedBlob, type SavedImage } from "./saved-image.js";

/**
 * Writes a layout as a tar: its index first, then the blobs in the order of their digests, each once. The
 * same images in the same order give the same bytes.
 */
export function writeOciArchive(images: readonly SavedImage[]): AsyncGenerator<Uint8Array> {
  return writeTar(entriesOf(images));
}

/** Entries of index.json: one for each name of an image. */
export function indexEntries(
  images: readonly SavedImage[],
  others: readonly Descriptor[] = [],
): Descriptor[] {
  const taken = new Map<string, number>();
  const count = (tag: string | undefined) => {
    if (tag !== undefined) taken.set(tag, (taken.get(tag) ?? 0) + 1);
  };
  const names = images.flatMap(({ references }) => references);
  for (const name of names) count(tagOf(name));
  const moved = new Set(names);
  for (const entry of others) {
    if (!referencesOf(entry).some((name) => moved.has(name))) count(entry.annotations?.[REF_NAME]);
  }
  return images.flatMap(({ descriptor, references }) => {
    if (references.length === 0) return [descriptor];
    return references.map((reference) => {
      const tag = tagOf(reference);
      // A tag that two images have would find neither.
      const isAlone = tag !== undefined && taken.get(tag) === 1;
      const annotations = { [IMAGE_NAME]: reference, [REF_NAME]: isAlone ? tag : reference };
      return { ...descriptor, annotations };
    });
  });
}

function* entriesOf(images: readonly SavedImage[]): Generator<NewEntry> {
  const manifests = indexEntries(images);
  const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests };
  yield archiveFile(LAYOUT_FILE, Buffer.from(LAYOUT_CONTENT));
  yield archiveFile(INDEX_FILE, Buffer.from(JSON.stringify(index)));
  yield archiveFolder("blobs");
  const blobs = distinctBlobs(images);
  for (const algorithm of ["sha256", "sha512"] as const) {
    const some = blobs.filter(({ digest }) => digestAlgorithm(digest) === algorithm);
    if (some.length > 0) yield archiveFolder(`blobs/${algorithm}`);
    for (const blob of some) yield archiveFile(blobName(blob.digest), blob);
  }
}

/** By digest, each once. */
export function distinctBlobs(images: readonly SavedImage[]): SavedBlob[] {
  const blobs = new Map<Digest, SavedBlob>();
  for (const blob of images.flatMap((image) => image.blobs)) blobs.set(blob.digest, blob);
  return [...blobs.values()].toSorted((a, b) => (a.digest < b.digest ? -1 : 1));
}

function tagOf(reference: string): string | undefined {
  const { tag, digest } = readReference(reference) ?? {};
  return digest === undefined ? tag : undefined;
}
