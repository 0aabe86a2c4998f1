import type { BlobSource } from "../content/blob-source.js";
import type { Descriptor } from "../oci/descriptor.js";
import type { Digest } from "../oci/digest.js";

export interface SourcedManifest {
  readonly descriptor: Pick<Descriptor, "mediaType" | "digest" | "size">;
  readonly bytes: Uint8Array;
}

/** Where an image comes from: a repository of a registry, or a layout folder. */
export interface ImageSource {
  /** The manifest or index with this digest. */
  manifest(digest: Digest, signal: AbortSignal | undefined): Promise<SourcedManifest>;
  blob(descriptor: Pick<Descriptor, "digest" | "size">): BlobSource;
}
