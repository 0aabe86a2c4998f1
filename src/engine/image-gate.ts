import { SafedockError } from "../base/errors.js";
import { parseReference, type Reference } from "../oci/reference.js";
import type { ReadPolicy } from "../trust/policy.js";
import type { Requirement } from "../trust/requirement.js";
import { findEvidence, repositoryOf } from "../trust/scope-of.js";
import type { Image } from "./image.js";

/**
 * What the policy asks of an image before it may be pulled.
 *
 * @throws SafedockError `ERR_POLICY_REFUSED`
 */
export function requirementsOf(
  policy: ReadPolicy | undefined,
  reference: Reference,
): readonly Requirement[] {
  if (policy === undefined) return [];
  const { decision, match } = policy.decide(reference);
  if (decision === "reject") throw refused(repositoryOf(reference), match);
  return decision === "accept" ? [] : [decision];
}

/** @throws SafedockError `ERR_POLICY_REFUSED` if images that come from no registry are refused */
export function checkLocal(policy: ReadPolicy | undefined, name: string): void {
  if (policy?.local === "reject") throw refused(name, "local");
}

/** Lets only those images of the store run that the policy would let in. */
export class ImageGate {
  readonly #admitted = new WeakSet<Image>();

  constructor(private readonly policy: ReadPolicy) {}

  /**
   * An image that came into the store by another engine may have been pulled without a look at its
   * signatures.
   *
   * @throws SafedockError `ERR_POLICY_REFUSED`, `ERR_SIGNATURE_MISSING`
   */
  check(image: Image): void {
    if (this.#admitted.has(image)) return;
    const { pulledFrom, reference } = image.record;
    const named = reference === undefined ? undefined : parseReference(reference);
    if (pulledFrom === undefined) {
      checkLocal(this.policy, reference ?? image.digest);
    } else if (named !== undefined && pulledFrom.includes(repositoryOf(named))) {
      this.#checkSource(image, named);
    } else {
      this.#checkSources(image, pulledFrom);
    }
    this.#admitted.add(image);
  }

  /** By its digest, or by a name given here: one of the places where it came from must be good. */
  #checkSources(image: Image, pulledFrom: readonly string[]): void {
    let first: unknown = unproven(image.digest, image.reference ?? image.digest);
    for (const repository of pulledFrom) {
      try {
        this.#checkSource(image, parseReference(repository));
        return;
      } catch (error) {
        if (repository === pulledFrom[0]) first = error;
      }
    }
    throw first;
  }

  #checkSource({ record }: Image, reference: Reference): void {
    for (const requirement of requirementsOf(this.policy, reference)) {
      if (findEvidence(record.trust, reference, requirement) === undefined) {
        throw unproven(record.digest, repositoryOf(reference));
      }
    }
  }
}

/** The store has the image, but not what would prove that it meets a requirement. */
export function unproven(digest: string, reference: string): SafedockError {
  const message = `The store has ${reference}, and no proof of the signatures that are asked for`;
  return new SafedockError("ERR_SIGNATURE_MISSING", message, {
    data: { reference, digest },
    hint: "pull it with the same policy or verify options",
  });
}

function refused(reference: string, rule: string): SafedockError {
  return new SafedockError("ERR_POLICY_REFUSED", `The policy refuses ${reference} (${rule})`, {
    data: { reference, rule },
    hint: "the engine's option policy decides",
  });
}
