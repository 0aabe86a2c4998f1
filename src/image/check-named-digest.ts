import { SafedockError } from "../base/errors.js";
import type { Digest } from "../oci/digest.js";
import { parseReference } from "../oci/reference.js";

/**
 * A reference with a digest says what is behind it: nothing else may be stored under it.
 *
 * @param digests - of the image's manifest, and of the index that led to it
 * @throws SafedockError `ERR_DIGEST_MISMATCH`
 */
export function checkNamedDigest(reference: string | undefined, digests: readonly Digest[]): void {
  const expected = reference === undefined ? undefined : parseReference(reference).digest;
  const [actual = ""] = digests;
  if (expected === undefined || digests.includes(expected)) return;
  throw new SafedockError("ERR_DIGEST_MISMATCH", `The image is ${actual}, not ${expected}`, {
    data: { expected, actual },
    hint: "leave the digest off the reference",
  });
}
