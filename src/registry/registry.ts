import type { Descriptor } from "../oci/descriptor.js";
import { checkReferencePart } from "../oci/reference.js";
import type { FetchBlobOptions, FetchedBlob } from "./fetch-blob.js";
import type { FetchedManifest } from "./fetch-manifest.js";
import type { BlobSource } from "./push.js";
import type { RegistryOptions } from "./registry-options.js";

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface ManifestFetcher {
  /**
   * Fetches a manifest or index by tag or digest, at most 4 MiB. Its bytes have the digest that was
   * asked for, and the one that the registry announced.
   *
   * @throws SafedockError `ERR_DIGEST_MISMATCH`, or one of {@link Registry}'s codes
   */
  fetchManifest(
    repository: string,
    tagOrDigest: string,
    options?: CallOptions,
  ): Promise<FetchedManifest>;
}

export interface ManifestResolver {
  /** Says where a tag or digest points, without its content. */
  resolve(repository: string, tagOrDigest: string, options?: CallOptions): Promise<Descriptor>;
}

export interface BlobFetcher {
  /**
   * Opens a blob. The bytes are bounded by the declared size but not verified: hash them as they come.
   *
   * @throws SafedockError `ERR_SIZE_MISMATCH` here or while reading, or one of {@link Registry}'s codes
   */
  fetchBlob(
    repository: string,
    blob: Pick<Descriptor, "digest" | "size">,
    options?: FetchBlobOptions,
  ): Promise<FetchedBlob>;
}

export interface BlobPusher {
  /** Tells whether a repository has a blob. */
  hasBlob(
    repository: string,
    blob: Pick<Descriptor, "digest">,
    options?: CallOptions,
  ): Promise<boolean>;
  /** Pushes a blob in one piece, unless the repository has it. */
  pushBlob(
    repository: string,
    blob: Pick<Descriptor, "digest" | "size">,
    content: BlobSource,
    options?: CallOptions,
  ): Promise<void>;
}

export interface ManifestPusher {
  /** Pushes a manifest or index under a tag or its digest; what it names must be there before. */
  pushManifest(
    repository: string,
    tagOrDigest: string,
    manifest: { readonly mediaType: string; readonly bytes: Uint8Array },
    options?: CallOptions,
  ): Promise<Descriptor>;
}

export interface TagLister {
  /** All tags of a repository, in the registry's order; at most 100,000. */
  listTags(repository: string, options?: CallOptions): Promise<string[]>;
}

/**
 * One registry, by the OCI distribution specification 1.1.
 *
 * Every call may throw a SafedockError with one of these codes; `signal.reason` comes back untouched:
 *
 * - `ERR_REGISTRY_UNAUTHORIZED` (401), `ERR_REGISTRY_FORBIDDEN` (403), `ERR_REGISTRY_NOT_FOUND` (404)
 * - `ERR_REGISTRY_RATE_LIMITED` (429) and `ERR_REGISTRY_SERVER` (5xx), after the retries
 * - `ERR_REGISTRY_RESPONSE`: an answer against the specification or above a cap
 * - `ERR_REGISTRY_UNREACHABLE`: no answer at all
 * - `ERR_REFERENCE_INVALID`: a repository, tag or digest that is none
 * - `ERR_OPTIONS_INVALID`: credentials or a `ca` that cannot be used
 */
export interface Registry
  extends
    ManifestFetcher,
    ManifestResolver,
    BlobFetcher,
    BlobPusher,
    ManifestPusher,
    TagLister,
    AsyncDisposable {
  /** Host as in references. */
  readonly host: string;
  /** Closes all connections; calls under way fail. A registry that is not closed keeps no process alive. */
  close(): Promise<void>;
}

/**
 * Opens a registry; nothing is sent before the first call. Connections, tokens and the registry's
 * address are kept until it is closed.
 *
 * @param host as in references: `docker.io`, `ghcr.io`, `localhost:5000`
 * @throws SafedockError `ERR_REFERENCE_INVALID` when `host` is none
 * @example
 * ```ts
 * await using registry = openRegistry("ghcr.io", { credentials: { username, password } });
 * const { descriptor, bytes } = await registry.fetchManifest("acme/hello", "1.2");
 * ```
 */
export function openRegistry(host: string, options: RegistryOptions = {}): Registry {
  checkReferencePart("registry", host);
  let opened: Promise<Registry> | undefined;
  // Loaded on first use: importing Safedock must stay fast, and a run of a cached image needs none of it.
  const client = () =>
    (opened ??= import("./registry-client.js").then(({ registryClient }) =>
      registryClient(host, options),
    ));
  const close = async () => (await client()).close();
  return {
    host,
    fetchManifest: async (...args) => (await client()).fetchManifest(...args),
    resolve: async (...args) => (await client()).resolve(...args),
    fetchBlob: async (...args) => (await client()).fetchBlob(...args),
    hasBlob: async (...args) => (await client()).hasBlob(...args),
    pushBlob: async (...args) => (await client()).pushBlob(...args),
    pushManifest: async (...args) => (await client()).pushManifest(...args),
    listTags: async (...args) => (await client()).listTags(...args),
    close,
    [Symbol.asyncDispose]: close,
  };
}
