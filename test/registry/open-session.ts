import type { FetchBlobOptions } from "../../src/oci/repository.js";
import { fetchBlob } from "../../src/registry/fetch-blob.js";
import { fetchManifest, resolveManifest } from "../../src/registry/fetch-manifest.js";
import type { RegistryOptions } from "../../src/registry/registry-options.js";
import { Session } from "../../src/registry/session.js";
import type { Descriptor } from "../../src/oci/descriptor.js";

/** The reading half of a registry, by repository, straight on a session. */
export function openSession(host: string, options: RegistryOptions = {}) {
  const session = new Session(host, options);
  return {
    session,
    fetchManifest: async (repository: string, name: string, signal?: AbortSignal) =>
      fetchManifest(session, repository, name, signal),
    resolve: async (repository: string, name: string) =>
      resolveManifest(session, repository, name, undefined),
    fetchBlob: async (
      repository: string,
      blob: Pick<Descriptor, "digest" | "size">,
      fetchOptions: FetchBlobOptions = {},
    ) => fetchBlob(session, repository, blob, fetchOptions),
    close: () => session.close(),
    [Symbol.asyncDispose]: () => session.close(),
  };
}
