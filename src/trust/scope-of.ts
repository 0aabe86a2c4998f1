import { formatReference, type Reference } from "../oci/reference.js";
import type { Requirement } from "./requirement.js";
import type { TrustEvidence } from "./signature-options.js";

/** Repository in full, as in references: `ghcr.io/acme/hello`. */
export function repositoryOf({ registry, repository }: Reference): string {
  return `${registry}/${repository}`;
}

/** What a proof by this requirement holds for: the repository, or with `exact` this reference alone. */
export function scopeOf(reference: Reference, { signedAs }: Requirement): string {
  return signedAs === "exact" ? formatReference(reference) : repositoryOf(reference);
}

/** The proof that this requirement was met before, by an image pulled under this reference. */
export function findEvidence(
  evidence: readonly TrustEvidence[] | undefined,
  reference: Reference,
  requirement: Requirement,
): TrustEvidence | undefined {
  const scope = scopeOf(reference, requirement);
  return evidence?.find(
    (proof) => proof.requirement === requirement.fingerprint && proof.scope === scope,
  );
}
