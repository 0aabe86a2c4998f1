import type { Descriptor } from "./descriptor.js";
import type { ImageIndex, Manifest } from "./manifest.js";

/**
 * How a manifest is listed among the referrers of its subject (distribution specification 1.1, "Listing
 * Referrers"): with its annotations, and with the media type of its config where it has no type of its own.
 */
export function referrerOf(
  manifest: Manifest | ImageIndex,
  { mediaType, digest, size }: Descriptor,
): Descriptor {
  const config = manifest.kind === "manifest" ? manifest.config.mediaType : undefined;
  const artifactType = manifest.artifactType ?? config;
  const { annotations } = manifest;
  return {
    ...{ mediaType, digest, size },
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}
