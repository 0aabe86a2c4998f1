import { throwProblems, unknownOptions } from "../base/option-problems.js";
import type {
  CallOptions,
  FetchBlobOptions,
  PushBlobOptions,
  ReferrersOptions,
} from "../oci/repository.js";
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
    resolve: async (name, options) => resolveManifest(session, path, name, signalOf(options)),
    fetchManifest: async (name, options) => fetchManifest(session, path, name, signalOf(options)),
    fetchBlob: async (blob, options = {}) => {
      check(options, FETCH_BLOB);
      return fetchBlob(session, path, blob, options);
    },
    hasBlob: async (blob, options) => hasBlob(session, path, blob, signalOf(options)),
    pushBlob: async (blob, content, options = {}) => {
      check(options, PUSH_BLOB);
      return pushBlob(session, path, blob, content, options);
    },
    pushManifest: async (name, manifest, options) =>
      pushManifest(session, path, name, manifest, signalOf(options)),
    listTags: async (options) => listTags(session, path, signalOf(options)),
    listReferrers: async (digest, options = {}) => {
      check(options, REFERRERS);
      return listReferrers(session, path, digest, options);
    },
    deleteManifest: async (name, options) => deleteManifest(session, path, name, signalOf(options)),
  };
}

const CALL: readonly string[] = ["signal"] satisfies (keyof CallOptions)[];
const FETCH_BLOB: readonly string[] = ["signal", "offset"] satisfies (keyof FetchBlobOptions)[];
const PUSH_BLOB: readonly string[] = [
  "signal",
  "mountFrom",
  "chunkBytes",
  "onProgress",
] satisfies (keyof PushBlobOptions)[];
const REFERRERS: readonly string[] = [
  "signal",
  "artifactType",
] satisfies (keyof ReferrersOptions)[];

/** @throws SafedockError `ERR_OPTIONS_INVALID` */
function check(options: CallOptions, known: readonly string[]): void {
  throwProblems("call options", unknownOptions("", options, known));
}

function signalOf(options: CallOptions = {}): AbortSignal | undefined {
  check(options, CALL);
  return options.signal;
}
