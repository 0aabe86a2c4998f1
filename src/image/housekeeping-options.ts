import type { Digest } from "../oci/digest.js";

/** Options of `images.remove`. */
export interface RemoveImageOptions {
  /**
   * Drops an image that a container of this engine uses, too: its files stay until no container uses them.
   * Default false.
   */
  readonly force?: boolean;
  /** Removes blobs and trees that no other image needs. Default true; `prune` does it later. */
  readonly collect?: boolean;
}

/** What `images.remove` did. */
export interface RemovedImage {
  /** References that were dropped, in full. */
  readonly references: readonly string[];
  /** Digest of the image, if it is gone with its last reference. */
  readonly digest?: Digest;
  /** Blobs that were removed. */
  readonly blobs: number;
  /** Bytes of all files that were removed. */
  readonly bytes: number;
}

/** Options of `images.prune`. */
export interface PruneOptions {
  /** Takes also images that have a reference. Default false: only those without any. */
  readonly all?: boolean;
  /** Takes only images that this store got longer ago, in ms. Default 0: all ages. */
  readonly olderThanMs?: number;
  /** Says what would go, and removes nothing. Default false. */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
}

/** What `images.prune` removed, or would. */
export interface PruneReport {
  /** The images: their digest, and the references that they had. */
  readonly images: readonly {
    readonly digest: Digest;
    readonly references: readonly string[];
  }[];
  /** Blobs that no image needs any more. */
  readonly blobs: number;
  /** Bytes of all files. */
  readonly bytes: number;
}

/** What one image takes, as `images.usage` says it. */
export interface ImageUsage {
  readonly digest: Digest;
  /** In full. */
  readonly references: readonly string[];
  /** Kept from `prune` by `images.pin`. */
  readonly pinned: boolean;
  /** A container uses it, of this process or another. */
  readonly inUse: boolean;
  /** When this store got it, ISO 8601. */
  readonly createdAt: string;
  /** Bytes of the layers as the registry has them. */
  readonly size: number;
  /** Bytes on disk: blobs, uncompressed tars, indexes, tree and record. */
  readonly diskBytes: number;
  /** The part of `diskBytes` that other images need, too. */
  readonly sharedBytes: number;
  /** The part that goes with it. */
  readonly uniqueBytes: number;
}

/** What a store takes, as `docker system df` has it. */
export interface StoreUsage {
  readonly images: readonly ImageUsage[];
  /** Bytes of all files; what images share is counted once. */
  readonly diskBytes: number;
  /** The part that no image needs: `prune` removes it, unless it is being pulled. */
  readonly unusedBytes: number;
  /** The part that `prune({ all: true })` would free. */
  readonly reclaimableBytes: number;
}
