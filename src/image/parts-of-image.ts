import type { ContentStore } from "../content/content-store.js";
import type { Digest } from "../oci/digest.js";
import { MAX_MANIFEST_BYTES, parseManifest } from "../oci/manifest.js";
import type { ImageRecord } from "./image-record.js";
import { componentsOf } from "./prepared-files.js";

/**
 * The blobs that an image is made of: manifest, config, layers as they came and uncompressed. What only
 * the manifest names is left out if that is not there or damaged.
 */
export async function blobsOfImage(
  content: ContentStore,
  record: Pick<ImageRecord, "digest" | "layers">,
): Promise<ReadonlySet<Digest>> {
  const needed = new Set<Digest>([record.digest]);
  for (const { digest, diffId } of record.layers) needed.add(digest).add(diffId);
  try {
    const bytes = await content.read(record.digest, { maxBytes: MAX_MANIFEST_BYTES });
    const manifest = parseManifest(bytes);
    if (manifest.kind === "manifest") {
      for (const { digest } of [manifest.config, ...manifest.layers]) needed.add(digest);
    }
  } catch {
    // Missing or damaged, which whoever checks the manifest itself says.
  }
  return needed;
}

/** Everything that an image is named or made of: what a lease on it names. */
export async function partsOfImage(content: ContentStore, record: ImageRecord): Promise<Digest[]> {
  const { chainId, indexes = [], layers } = record;
  const components = layers.map(({ diffId }) => componentsOf(content, diffId));
  const prepared = (await Promise.all(components)).flat();
  return [...(await blobsOfImage(content, record)), chainId, ...indexes, ...prepared];
}

/** What containers need of an image, and its name. */
export function runningParts({ digest, layers, chainId }: ImageRecord): Digest[] {
  return [digest, chainId, ...layers.map(({ diffId }) => diffId)];
}
