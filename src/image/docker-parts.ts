import type { ContentStore } from "../content/content-store.js";
import type { DockerParts, SavedBlob } from "../layout/saved-image.js";
import type { Digest } from "../oci/digest.js";
import { MAX_CONFIG_BYTES, parseImageConfig } from "../oci/image-config.js";
import type { Manifest } from "../oci/manifest.js";
import { isImageConfigMediaType, layerCompression } from "../oci/media-types.js";

/**
 * What a docker archive has of an image; undefined if that is not one of tars.
 *
 * @throws SafedockError `ERR_BLOB_NOT_FOUND`, `ERR_CONFIG_INVALID`, `ERR_STORE_INVALID`
 */
export async function readDockerParts(
  content: ContentStore,
  { config, layers }: Manifest,
  find: (digest: Digest) => Promise<SavedBlob>,
): Promise<DockerParts | undefined> {
  const areTars = layers.every(({ mediaType }) => layerCompression(mediaType) !== undefined);
  if (!areTars || !isImageConfigMediaType(config.mediaType)) return undefined;
  const bytes = await content.read(config.digest, { maxBytes: MAX_CONFIG_BYTES });
  const tars: SavedBlob[] = [];
  for (const diffId of parseImageConfig(bytes).rootfs.diff_ids) tars.push(await find(diffId));
  return { config: await find(config.digest), layers: tars };
}
