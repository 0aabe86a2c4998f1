/**
 * A registry client by itself: resolve, fetch, push, copy between registries and layout folders, list tags
 * and referrers. Loads nothing of the engine, and the network part on the first call.
 *
 * @packageDocumentation
 */
export {
  isSafedockError,
  SafedockError,
  type ErrorCode,
  type ErrorDataByCode,
  type RegistryErrorData,
  type SafedockErrorOptions,
} from "../base/errors.js";
export { LayoutFolder, openLayout, type OpenLayoutOptions } from "../layout/layout-folder.js";
export type { Descriptor, Platform } from "../oci/descriptor.js";
export { isDigest, parseDigest, type Digest, type DigestAlgorithm } from "../oci/digest.js";
export {
  parseManifest,
  type ImageIndex,
  type Manifest,
  type ParseManifestOptions,
} from "../oci/manifest.js";
export { formatPlatform, parsePlatform, selectPlatform, WASM_PLATFORMS } from "../oci/platform.js";
export {
  formatFamiliarReference,
  formatReference,
  parseReference,
  type Reference,
} from "../oci/reference.js";
export type {
  BlobContent,
  BlobFetcher,
  BlobId,
  BlobOutcome,
  BlobPusher,
  CallOptions,
  FetchBlobOptions,
  FetchedBlob,
  FetchedManifest,
  ManifestContent,
  ManifestDeleter,
  ManifestFetcher,
  ManifestPusher,
  ManifestResolver,
  PushBlobOptions,
  ReadableRepository,
  ReferrersLister,
  ReferrersOptions,
  RepositoryAddress,
  TagLister,
  WritableRepository,
} from "../oci/repository.js";
export {
  readBlob,
  verifyBlob,
  type BlobStreams,
  type ReadBlobOptions,
} from "../oci/verify-blob.js";
export {
  storedCredentials,
  type Credentials,
  type CredentialsAnswer,
  type CredentialsContext,
  type CredentialsSource,
} from "../registry/credentials.js";
export type { StoredCredentialsOptions } from "../registry/stored-credentials.js";
export type { RegistryMirror, RegistryOptions } from "../registry/registry-options.js";
export { openRegistry, type Registry, type Repository } from "../registry/registry.js";
export { copy, type CopyOptions, type CopyProgress, type CopyResult } from "./copy.js";
