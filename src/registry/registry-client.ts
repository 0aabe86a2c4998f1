import { deleteManifest } from "./delete-manifest.js";
import { fetchBlob } from "./fetch-blob.js";
import { fetchManifest, resolveManifest } from "./fetch-manifest.js";
import { listReferrers } from "./list-referrers.js";
import { listTags } from "./list-tags.js";
import { hasBlob, pushBlob } from "./push-blob.js";
import { pushManifest } from "./push-manifest.js";
import type { RegistryOptions } from "./registry-options.js";
import type { Registry, Repository } from "./registry.js";
import { Session } from "./session.js";

/** Binds the operations to one session. */
export function registryClient(host: string, options: RegistryOptions): Registry {
  const session = new Session(host, options);
  const close = () => session.close();
  return {
    host,
    repository: (path) => repositoryClient(session, path),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function repositoryClient(session: Session, path: string): Repository {
  return {
    address: { registry: session.registry, repository: path },
    resolve: (name, { signal } = {}) => resolveManifest(session, path, name, signal),
    fetchManifest: (name, { signal } = {}) => fetchManifest(session, path, name, signal),
    fetchBlob: (blob, options = {}) => fetchBlob(session, path, blob, options),
    hasBlob: (blob, { signal } = {}) => hasBlob(session, path, blob, signal),
    pushBlob: (blob, content, options = {}) => pushBlob(session, path, blob, content, options),
    pushManifest: (name, manifest, { signal } = {}) =>
      pushManifest(session, path, name, manifest, signal),
    listTags: ({ signal } = {}) => listTags(session, path, signal),
    listReferrers: (digest, options = {}) => listReferrers(session, path, digest, options),
    deleteManifest: (name, { signal } = {}) => deleteManifest(session, path, name, signal),
  };
}
