import type { Descriptor } from "./descriptor.js";
import type { Digest } from "./digest.js";

// What can be done with one repository, wherever it is: in a registry, a layout folder, an archive. Each
// interface is one ability; who needs some of them asks for these alone: `ManifestFetcher & BlobFetcher`.

/** What every call takes. */
export interface CallOptions {
  /** Ends the call with the signal's reason. Default: none. */
  readonly signal?: AbortSignal;
}

/** What a blob is called and how large it is: what is needed of a descriptor to find and verify it. */
export type BlobId = Pick<Descriptor, "digest" | "size">;

/** A manifest or index as its bytes, whose digest is right. */
export interface FetchedManifest {
  /**
   * Its media type is what the source said: read the bytes with
   * `parseManifest(bytes, descriptor.mediaType)`.
   */
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** Says where tags point. */
export interface ManifestResolver {
  /**
   * Says where a tag or digest points, without its content.
   *
   * @throws SafedockError `ERR_REGISTRY_NOT_FOUND` (a registry) or `ERR_SOURCE_UNSUPPORTED` (a folder)
   *   when there is no such tag, or one of the repository's own codes
   */
  resolve(tagOrDigest: string, options?: CallOptions): Promise<Descriptor>;
}

/** Gives manifests and indexes. */
export interface ManifestFetcher {
  /**
   * Fetches a manifest or index by tag or digest, at most 4 MiB. Its bytes have the digest that was
   * asked for.
   *
   * @throws SafedockError `ERR_DIGEST_MISMATCH`, or one of the repository's own codes
   */
  fetchManifest(tagOrDigest: string, options?: CallOptions): Promise<FetchedManifest>;
}

/** Options of {@link BlobFetcher}. */
export interface FetchBlobOptions extends CallOptions {
  /** First byte wanted. Default 0. */
  readonly offset?: number;
}

/** A blob that was opened. */
export interface FetchedBlob {
  /**
   * The blob's bytes from `offset` on, to be iterated once, not verified against the digest
   * (`verifyBlob` does). It never yields more than the declared size, and rejects when there is less.
   */
  readonly stream: AsyncIterable<Uint8Array>;
  /** Bytes that `stream` yields: the declared size less `offset`. */
  readonly size: number;
}

/** Gives blobs: configs, layers, whatever else a manifest names. */
export interface BlobFetcher {
  /**
   * Opens a blob. The bytes are bounded by the declared size but not verified: hash them as they come.
   *
   * @throws SafedockError `ERR_SIZE_MISMATCH` here or while reading, or one of the repository's own codes
   */
  fetchBlob(blob: BlobId, options?: FetchBlobOptions): Promise<FetchedBlob>;
}

/** Bytes, or a function that opens them from the first on: it is called once more for each further try. */
export type BlobContent = Uint8Array | (() => AsyncIterable<Uint8Array>);

/** Options of {@link BlobPusher}. */
export interface PushBlobOptions extends CallOptions {
  /**
   * Another repository of the same registry that has the blob: the registry is asked to take it from
   * there before anything is sent. Ignored where there are no such neighbours. Default: none.
   */
  readonly mountFrom?: string;
  /**
   * Sends the blob in pieces of this many bytes, one request each; a piece is held in memory until the
   * registry has it. A registry that asks for larger pieces gets these. Default: in one piece up to
   * 1 GiB, above that and where the registry finds it too large in pieces of 16 MiB.
   */
  readonly chunkBytes?: number;
  /** Called with the bytes sent so far as they go out; after a failed try it begins again lower. */
  readonly onProgress?: (sentBytes: number) => void;
}

/** How a blob came to be where it was to be pushed: it was there, was mounted, or was sent. */
export type BlobOutcome = "existing" | "mounted" | "pushed";

/** Takes blobs. */
export interface BlobPusher {
  /** Tells whether the repository has a blob. */
  hasBlob(blob: Pick<Descriptor, "digest">, options?: CallOptions): Promise<boolean>;
  /**
   * Pushes a blob unless the repository has it. The bytes are verified on the way.
   *
   * @throws SafedockError `ERR_SIZE_MISMATCH`, `ERR_DIGEST_MISMATCH`, or one of the repository's own codes
   */
  pushBlob(blob: BlobId, content: BlobContent, options?: PushBlobOptions): Promise<BlobOutcome>;
}

/** A manifest or index to be pushed. */
export interface ManifestContent {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** Takes manifests and indexes. */
export interface ManifestPusher {
  /**
   * Pushes a manifest or index under a tag or its digest; what it names must be there before. One with
   * a `subject` is listed among the subject's referrers from then on.
   */
  pushManifest(
    tagOrDigest: string,
    manifest: ManifestContent,
    options?: CallOptions,
  ): Promise<Descriptor>;
}

/** Lists tags. */
export interface TagLister {
  /** All tags, in the repository's order; at most 100,000. */
  listTags(options?: CallOptions): Promise<string[]>;
}

/** Options of {@link ReferrersLister}. */
export interface ReferrersOptions extends CallOptions {
  /** Only referrers of this type. Default: all. */
  readonly artifactType?: string;
}

/** Lists what refers to a manifest. */
export interface ReferrersLister {
  /**
   * Lists the manifests that name this digest as their `subject`: signatures, bills of materials, …
   * (distribution specification 1.1, "Listing Referrers"). None is an empty list.
   */
  listReferrers(digest: Digest, options?: ReferrersOptions): Promise<Descriptor[]>;
}

/** Deletes tags and manifests. */
export interface ManifestDeleter {
  /** Deletes a tag, or a manifest and with it all its tags. Blobs stay. */
  deleteManifest(tagOrDigest: string, options?: CallOptions): Promise<void>;
}

/** Where a repository is, when it is in a registry. */
export interface RepositoryAddress {
  /** Host as in references. */
  readonly registry: string;
  /** As in `acme/hello`. */
  readonly repository: string;
}

/** All that is needed to take images out of a repository. */
export interface ReadableRepository extends ManifestResolver, ManifestFetcher, BlobFetcher {
  /** Two repositories of one registry can mount each other's blobs. Default: not in a registry. */
  readonly address?: RepositoryAddress;
}

/** All that is needed to put images into a repository. */
export interface WritableRepository extends ManifestResolver, BlobPusher, ManifestPusher {
  /** Two repositories of one registry can mount each other's blobs. Default: not in a registry. */
  readonly address?: RepositoryAddress;
}
