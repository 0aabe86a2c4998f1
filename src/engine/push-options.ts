import type { PushProgress } from "../image/push-progress.js";
import type { RegistryOptions } from "../registry/registry-options.js";
import type { Digest } from "../oci/digest.js";

/** One blob's way during a push, with the reference that it is pushed to. */
export interface PushEvent extends PushProgress {
  readonly reference: string;
}

/** Options of `engine.pushImage`: how to reach the registry may be said for one push alone. */
export interface PushOptions extends RegistryOptions {
  /**
   * Sends each blob in pieces of this many bytes, one request each. Default: in one piece up to 1 GiB, above
   * that and where the registry finds it too large in pieces of 16 MiB.
   */
  readonly chunkBytes?: number;
  /** Blobs that are sent at once, 1 to 64. Default 4. */
  readonly concurrentBlobs?: number;
  readonly signal?: AbortSignal;
  /** Called for each blob's progress, as the engine's `push` event. */
  readonly onProgress?: (event: PushEvent) => void;
}

/** What `engine.pushImage` answers. */
export interface PushedImage {
  /** Full text of the reference that it is found under now. */
  readonly reference: string;
  /** Of the manifest: the image's own. */
  readonly digest: Digest;
  /** Of the config and all layers, in bytes, whether they had to be sent or not. */
  readonly size: number;
}
