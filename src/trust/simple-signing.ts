import { isSafedockError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import { parseReference, type Reference } from "../oci/reference.js";
import { BadSignature, parseSignedJson } from "./parse-signed-json.js";
import type { Requirement } from "./requirement.js";

/** Largest payload, in bytes: cosign's have 250, annotations of the signer may be in it. */
export const MAX_PAYLOAD_BYTES = 64 * 1024;
/** What cosign writes into `critical.type`, and what containers/image writes. */
const TYPES = new Set(["cosign container image signature", "atomic container signature"]);

/**
 * Reads what was signed in the "simple signing" form, and says whether it is about this image
 * (containers/image, docs/containers-signature.5.md; cosign, specs/SIGNATURE_SPEC.md).
 *
 * @returns the digest that was signed, one of `digests`
 * @throws BadSignature
 */
export function checkSimplePayload(
  bytes: Uint8Array,
  digests: readonly string[],
  reference: Reference,
  signedAs: Requirement["signedAs"],
): string {
  const critical = parseSignedJson(bytes, MAX_PAYLOAD_BYTES, "the payload").required("critical");
  const type = critical.required("type").string();
  if (!TYPES.has(type)) throw new BadSignature(`it signs a ${printable(type, 60)}, no image`);
  const image = critical.required("image");
  const digest = image.required("docker-manifest-digest").string();
  if (!digests.includes(digest)) {
    throw new BadSignature(`it is for another image, ${printable(digest, 80)}`);
  }
  const identity = critical.required("identity").required("docker-reference").string();
  checkIdentity(identity, reference, signedAs);
  return digest;
}

function checkIdentity(
  text: string,
  reference: Reference,
  signedAs: Requirement["signedAs"],
): void {
  if (signedAs === "any") return;
  const wanted =
    typeof signedAs === "string"
      ? `${reference.registry}/${reference.repository}`
      : signedAs.repository;
  const shown = printable(text, 100);
  const named = readIdentity(text);
  if (named === undefined || `${named.registry}/${named.repository}` !== wanted) {
    throw new BadSignature(`it was made for "${shown}", not for ${wanted}`);
  }
  const isOtherTag =
    named.tag !== reference.tag && namesTag(text) && reference.digest === undefined;
  if (signedAs === "exact" && isOtherTag) {
    throw new BadSignature(`it was made for "${shown}", not for the tag ${reference.tag}`);
  }
}

function readIdentity(text: string): Reference | undefined {
  try {
    return parseReference(text);
  } catch (error) {
    if (isSafedockError(error)) return undefined;
    throw error;
  }
}

/** A name without a tag is read with the tag `latest`, and means all of them here. */
function namesTag(text: string): boolean {
  return text.lastIndexOf(":") > text.lastIndexOf("/");
}
