import { SafedockError } from "../base/errors.js";
import { formatReference, type Reference } from "../oci/reference.js";
import { SignatureCheck } from "./check-signature.js";
import { findSignatures, type SignedRepository } from "./find-signatures.js";
import { BadSignature } from "./parse-signed-json.js";
import type { Requirement } from "./requirement.js";
import { scopeOf } from "./scope-of.js";
import type { SignedManifest } from "./signature.js";
import type { TrustEvidence } from "./signature-options.js";

/** Problems that an error repeats: of a hundred bad signatures the first tell enough. */
const MAX_PROBLEMS = 8;

/**
 * Looks for signatures of an image until enough of those that a requirement names have signed.
 *
 * @param manifests - the image's manifest, and the index that led to it
 * @throws SafedockError `ERR_SIGNATURE_MISSING`, `ERR_SIGNATURE_INVALID`, and what the registry throws
 */
export async function verifyImage(
  repository: SignedRepository,
  reference: Reference,
  manifests: readonly SignedManifest[],
  requirement: Requirement,
  signal: AbortSignal | undefined,
): Promise<TrustEvidence> {
  const problems: string[] = [];
  const reject = ({ message }: BadSignature): void => {
    if (problems.length < MAX_PROBLEMS) problems.push(message);
  };
  const check = await SignatureCheck.open(requirement, reference, manifests);
  const signers = new Set<string>();
  const signed = new Set<string>();
  for (const { digest } of manifests) {
    for await (const found of findSignatures({ repository, signal }, digest, reject)) {
      signal?.throwIfAborted();
      try {
        const accepted = check.check(found);
        for (const signer of accepted.signers) signers.add(signer);
        signed.add(accepted.signed);
      } catch (error) {
        if (!(error instanceof BadSignature)) throw error;
        reject(error);
      }
      if (signers.size < requirement.threshold) continue;
      return {
        requirement: requirement.fingerprint,
        scope: scopeOf(reference, requirement),
        signers: Array.from(signers),
        signed: Array.from(signed),
        verifiedAt: new Date().toISOString(),
      };
    }
  }
  throw refusal(reference, manifests, signers.size, requirement.threshold, problems);
}

function refusal(
  reference: Reference,
  manifests: readonly SignedManifest[],
  signers: number,
  threshold: number,
  problems: readonly string[],
): SafedockError {
  const name = formatReference(reference);
  const digest = manifests[0]?.digest ?? "";
  if (signers === 0 && problems.length === 0) {
    return new SafedockError("ERR_SIGNATURE_MISSING", `${name} is not signed`, {
      data: { reference: name, digest },
      hint: `no signature of ${digest} was found where cosign keeps them`,
    });
  }
  const count = `${signers} of ${threshold} signers that are trusted have signed ${name}`;
  const why = problems.length === 0 ? "" : `: ${problems.join("; ")}`;
  return new SafedockError("ERR_SIGNATURE_INVALID", `${count}${why}`, {
    data: { reference: name, digest, signers, threshold, problems },
    hint: "check the keys and identities of the verify options",
  });
}
