import type { Digest } from "../oci/digest.js";
import type { Reference } from "../oci/reference.js";
import type { Requirement } from "../trust/requirement.js";
import { findEvidence, repositoryOf } from "../trust/scope-of.js";
import type { TrustEvidence } from "../trust/signature-options.js";
import type { SignedRepository } from "../trust/find-signatures.js";
import type { FoundManifest } from "./find-manifest.js";
import type { ImageRecord } from "./image-record.js";
import type { SourcedManifest } from "./image-source.js";

/** Repositories, indexes and proofs kept for one image, the latest of each: more than one app asks for. */
const MAX_KEPT = 64;

/**
 * Verifies what the requirements ask for, and says where the image comes from: what its record has of it.
 * A proof that the store has is not asked for again.
 *
 * @param start - what the reference led to: the manifest, or an index
 * @throws SafedockError `ERR_SIGNATURE_MISSING`, `ERR_SIGNATURE_INVALID`
 */
export async function originOf(
  repository: SignedRepository,
  reference: Reference,
  start: SourcedManifest,
  found: FoundManifest,
  known: ImageRecord | undefined,
  requirements: readonly Requirement[],
  signal: AbortSignal | undefined,
): Promise<Pick<ImageRecord, "pulledFrom" | "indexes" | "trust">> {
  const manifests = [signedManifest(found)];
  const isIndex = start.descriptor.digest !== found.descriptor.digest;
  if (isIndex) manifests.push(signedManifest(start));
  const proofs: TrustEvidence[] = [];
  for (const requirement of requirements) {
    if (findEvidence(known?.trust, reference, requirement) !== undefined) continue;
    const { verifyImage } = await import("../trust/verify-image.js");
    proofs.push(await verifyImage(repository, reference, manifests, requirement, signal));
  }
  const indexes: readonly Digest[] = isIndex ? [start.descriptor.digest] : [];
  return {
    pulledFrom: latest(known?.pulledFrom, [repositoryOf(reference)]),
    ...withItems("indexes", latest(known?.indexes, indexes)),
    ...withItems("trust", latest(known?.trust, proofs)),
  };
}

function signedManifest({ descriptor, bytes }: SourcedManifest) {
  return { digest: descriptor.digest, bytes };
}

function latest<T>(known: readonly T[] | undefined, added: readonly T[]): T[] {
  return Array.from(new Set([...(known ?? []), ...added])).slice(-MAX_KEPT);
}

function withItems<K extends string, T>(
  name: K,
  items: readonly T[],
): { [name in K]?: readonly T[] } {
  const map: { [name in K]?: readonly T[] } = {};
  if (items.length > 0) map[name] = items;
  return map;
}
