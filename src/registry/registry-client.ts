import { fetchBlob } from "./fetch-blob.js";
import { fetchManifest, resolveManifest } from "./fetch-manifest.js";
import { listTags } from "./list-tags.js";
import { hasBlob, pushBlob, pushManifest } from "./push.js";
import type { RegistryOptions } from "./registry-options.js";
import type { Registry } from "./registry.js";
import { Session } from "./session.js";

/** Binds the operations to one session. */
export function registryClient(host: string, options: RegistryOptions): Registry {
  const session = new Session(host, options);
  const close = () => session.close();
  return {
    host,
    fetchManifest: (repository, tagOrDigest, { signal } = {}) =>
      fetchManifest(session, repository, tagOrDigest, signal),
    resolve: (repository, tagOrDigest, { signal } = {}) =>
      resolveManifest(session, repository, tagOrDigest, signal),
    fetchBlob: (repository, blob, fetchOptions = {}) =>
      fetchBlob(session, repository, blob, fetchOptions),
    hasBlob: (repository, blob, { signal } = {}) => hasBlob(session, repository, blob, signal),
    pushBlob: (repository, blob, content, { signal } = {}) =>
      pushBlob(session, repository, blob, content, signal),
    pushManifest: (repository, tagOrDigest, manifest, { signal } = {}) =>
      pushManifest(session, repository, tagOrDigest, manifest, signal),
    listTags: (repository, { signal } = {}) => listTags(session, repository, signal),
    close,
    [Symbol.asyncDispose]: close,
  };
}
