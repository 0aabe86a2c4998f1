import type { Descriptor } from "../oci/descriptor.js";
import { digestAlgorithm, digestHex, type Digest } from "../oci/digest.js";
import { MAX_MANIFEST_BYTES, parseManifest } from "../oci/manifest.js";
import { OCI_INDEX } from "../oci/media-types.js";
import type { ArchiveContent } from "./archive-repository.js";
import type { Archive } from "./open-archive.js";

export const LAYOUT_FILE = "oci-layout";
export const INDEX_FILE = "index.json";
/** What an `oci-layout` file holds (OCI image specification, "Image Layout"). */
export const LAYOUT_CONTENT = JSON.stringify({ imageLayoutVersion: "1.0.0" });
/** Largest `oci-layout` file, in bytes: it holds one version. */
const MAX_LAYOUT_FILE_BYTES = 4096;

/**
 * Reads the index of a layout in a tar (OCI image specification, "Image Layout").
 *
 * @throws SafedockError `ERR_ARCHIVE_INVALID`, `ERR_MANIFEST_INVALID`
 */
export async function readOciArchive(archive: Archive): Promise<ArchiveContent> {
  const layout = await archive.readFile(LAYOUT_FILE, MAX_LAYOUT_FILE_BYTES);
  if (!isVersion1(layout)) throw archive.invalid("its oci-layout file names no version 1");
  const bytes = await archive.readFile(INDEX_FILE, MAX_MANIFEST_BYTES);
  const index = parseManifest(bytes, OCI_INDEX);
  const images: readonly Descriptor[] = index.kind === "index" ? index.manifests : [];
  return { images, blob: (digest) => archive.find(blobName(digest)) };
}

/** Where a layout has a blob. */
export function blobName(digest: Digest): string {
  return `blobs/${digestAlgorithm(digest)}/${digestHex(digest)}`;
}

function isVersion1(bytes: Uint8Array): boolean {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    const isObject = typeof value === "object" && value !== null && "imageLayoutVersion" in value;
    const version = isObject ? value.imageLayoutVersion : undefined;
    return typeof version === "string" && version.startsWith("1.");
  } catch {
    return false;
  }
}
