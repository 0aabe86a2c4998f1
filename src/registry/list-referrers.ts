import { isSafedockError } from "../base/errors.js";
import type { Descriptor } from "../oci/descriptor.js";
import { digestAlgorithm, digestHex, parseDigest, type Digest } from "../oci/digest.js";
import { MAX_MANIFEST_BYTES, parseManifest } from "../oci/manifest.js";
import { bareMediaType, OCI_INDEX } from "../oci/media-types.js";
import type { ReferrersOptions } from "../oci/repository.js";
import { responseError } from "./failure.js";
import { fetchOwnManifest } from "./fetch-manifest.js";
import { nextPage } from "./next-page.js";
import { pullScope } from "./scope.js";
import type { Session } from "./session.js";

/** Most referrers collected of one manifest: whoever may push can add any number. */
const MAX_REFERRERS = 10_000;
/** Longest hexadecimal part in a referrers tag, in characters (distribution specification 1.1). */
const MAX_TAG_HEX = 64;

/**
 * Lists what refers to a manifest (distribution specification 1.1, "Listing Referrers"): by the API, else
 * by the tag schema of registries without it.
 */
export async function listReferrers(
  session: Session,
  repository: string,
  digest: Digest,
  { artifactType, signal }: ReferrersOptions,
): Promise<Descriptor[]> {
  parseDigest(digest);
  const found =
    (await byApi(session, repository, digest, { artifactType, signal })) ??
    (await taggedReferrers(session, repository, digest, signal));
  // Registries may filter or not; those that do may do it on some pages only.
  return artifactType === undefined
    ? [...found]
    : found.filter((referrer) => referrer.artifactType === artifactType);
}

/** The tag under which registries without the API keep the referrers of a manifest. */
export function referrersTag(digest: Digest): string {
  return `${digestAlgorithm(digest)}-${digestHex(digest).slice(0, MAX_TAG_HEX)}`;
}

/** What the tag schema's index lists; nothing when there is none. */
export async function taggedReferrers(
  session: Session,
  repository: string,
  digest: Digest,
  signal: AbortSignal | undefined,
): Promise<readonly Descriptor[]> {
  try {
    const tag = referrersTag(digest);
    const { bytes, descriptor } = await fetchOwnManifest(session, repository, tag, signal);
    const index = parseManifest(bytes, descriptor.mediaType);
    return index.kind === "index" ? index.manifests : [];
  } catch (error) {
    if (isSafedockError(error, "ERR_REGISTRY_NOT_FOUND")) return [];
    throw error;
  }
}

/** `undefined` where there is no such API. */
async function byApi(
  session: Session,
  repository: string,
  digest: Digest,
  { artifactType, signal }: { artifactType: string | undefined; signal: AbortSignal | undefined },
): Promise<Descriptor[] | undefined> {
  const query =
    artifactType === undefined ? "" : `?${new URLSearchParams({ artifactType }).toString()}`;
  const found = new Map<Digest, Descriptor>();
  let to: string | URL | undefined = `v2/${repository}/referrers/${digest}${query}`;
  for (let page = 1; to !== undefined; page++) {
    const { response, bytes } = await session.read(
      {
        method: "GET",
        to,
        headers: { accept: OCI_INDEX, "accept-encoding": "identity" },
        scope: pullScope(repository),
        accept: page === 1 ? [200, 404, 405] : [200],
        signal,
      },
      MAX_MANIFEST_BYTES,
    );
    // A page for people, or a catch-all of what stands before the registry, is no list of referrers.
    const mediaType = bareMediaType(response.header("content-type") ?? "");
    if (response.status !== 200 || mediaType !== OCI_INDEX) return undefined;
    const index = parseManifest(bytes, mediaType);
    for (const referrer of index.kind === "index" ? index.manifests : []) {
      found.set(referrer.digest, referrer);
    }
    if (found.size > MAX_REFERRERS) {
      const problem = `it lists more than ${MAX_REFERRERS} referrers`;
      throw responseError(session.registry, response, problem);
    }
    to = nextPage(session, response, page);
  }
  return Array.from(found.values());
}
