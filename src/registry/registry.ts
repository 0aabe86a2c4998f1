import { checkReferencePart } from "../oci/reference.js";
import type {
  ManifestDeleter,
  ReadableRepository,
  ReferrersLister,
  RepositoryAddress,
  TagLister,
  WritableRepository,
} from "../oci/repository.js";
import type { RegistryOptions } from "./registry-options.js";

/**
 * One repository of a registry, by the OCI distribution specification 1.1.
 *
 * Every call may throw a SafedockError with one of these codes; `signal.reason` comes back untouched:
 *
 * - `ERR_REGISTRY_UNAUTHORIZED` (401), `ERR_REGISTRY_FORBIDDEN` (403), `ERR_REGISTRY_NOT_FOUND` (404)
 * - `ERR_REGISTRY_RATE_LIMITED` (429) and `ERR_REGISTRY_SERVER` (5xx), after the retries
 * - `ERR_REGISTRY_RESPONSE`: an answer against the specification or above a cap
 * - `ERR_REGISTRY_UNREACHABLE`: no answer at all
 * - `ERR_REFERENCE_INVALID`: a tag or digest that is none
 * - `ERR_OPTIONS_INVALID`: options that cannot be used
 * - `ERR_CREDENTIALS_INVALID`: a file of logins or a credential helper that cannot be used
 */
export interface Repository
  extends ReadableRepository, WritableRepository, TagLister, ReferrersLister, ManifestDeleter {
  readonly address: RepositoryAddress;
}

/** One registry. */
export interface Registry extends AsyncDisposable {
  /** Host as in references. */
  readonly host: string;
  /**
   * A repository by its path, as in `acme/hello` (Docker Hub's own are `library/hello`). Nothing is sent
   * yet.
   *
   * @throws SafedockError `ERR_REFERENCE_INVALID`
   */
  repository(path: string): Repository;
  /** Closes all connections; calls under way fail. A registry that is not closed keeps no process alive. */
  close(): Promise<void>;
}

/**
 * Opens a registry; nothing is sent before the first call. Connections, tokens and the registry's
 * address are kept until it is closed.
 *
 * @param host - as in references: `docker.io`, `ghcr.io`, `localhost:5000`
 * @throws SafedockError `ERR_REFERENCE_INVALID` when `host` is none
 * @example
 * ```ts
 * await using registry = openRegistry("ghcr.io", { credentials: { username, password } });
 * const repository = registry.repository("acme/hello");
 * const { descriptor, bytes } = await repository.fetchManifest("1.2");
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
  // One that could not be made has nothing to close, and has said so to whoever called it.
  const close = async () => (await opened?.catch(() => undefined))?.close();
  return {
    host,
    repository: (path) => lazyRepository(host, path, client),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function lazyRepository(host: string, path: string, client: () => Promise<Registry>): Repository {
  checkReferencePart("repository", path);
  const opened = async () => (await client()).repository(path);
  return {
    address: { registry: host, repository: path },
    resolve: async (...args) => (await opened()).resolve(...args),
    fetchManifest: async (...args) => (await opened()).fetchManifest(...args),
    fetchBlob: async (...args) => (await opened()).fetchBlob(...args),
    hasBlob: async (...args) => (await opened()).hasBlob(...args),
    pushBlob: async (...args) => (await opened()).pushBlob(...args),
    pushManifest: async (...args) => (await opened()).pushManifest(...args),
    listTags: async (...args) => (await opened()).listTags(...args),
    listReferrers: async (...args) => (await opened()).listReferrers(...args),
    deleteManifest: async (...args) => (await opened()).deleteManifest(...args),
  };
}
