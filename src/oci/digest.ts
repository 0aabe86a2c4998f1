import { SafedockError } from "../base/errors.js";
import { printable } from "../base/printable.js";

/** Algorithms that are verified. */
export type DigestAlgorithm = "sha256" | "sha512";

/**
 * `sha256:<64 hex>` or `sha512:<128 hex>`, lower case: the two algorithms that the OCI image
 * specification registers and that we verify.
 */
export type Digest = `${DigestAlgorithm}:${string}`;

/** Length of the hexadecimal part, by algorithm. */
const HEX_LENGTH: ReadonlyMap<string, number> = new Map([
  ["sha256", 64],
  ["sha512", 128],
]);

const LOWER_HEX = /^[0-9a-f]+$/;

/** Tells whether `text` is a digest that we can verify. */
export function isDigest(text: unknown): text is Digest {
  return typeof text === "string" && problemOf(text) === undefined;
}

/**
 * Checks a digest (OCI image specification, "Descriptors: Digests").
 *
 * @throws SafedockError `ERR_DIGEST_INVALID`
 */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text;
  const shown = printable(text);
  throw new SafedockError("ERR_DIGEST_INVALID", `"${shown}" is not a digest`, {
    data: { digest: shown },
    hint: problemOf(text) ?? "write it as sha256:<64 hex digits>",
  });
}

/** `sha256` or `sha512`. */
export function digestAlgorithm(digest: Digest): DigestAlgorithm {
  return digest.startsWith("sha512:") ? "sha512" : "sha256";
}

/** The part behind the colon: lower-case hexadecimal, safe as a file name. */
export function digestHex(digest: Digest): string {
  return digest.slice(digest.indexOf(":") + 1);
}

function problemOf(text: string): string | undefined {
  const colon = text.indexOf(":");
  if (colon < 1) return "write it as sha256:<64 hex digits>";
  const algorithm = text.slice(0, colon);
  const length = HEX_LENGTH.get(algorithm);
  if (length === undefined) {
    return `algorithm ${printable(algorithm, 20)} is not verified here, only sha256 and sha512`;
  }
  const hex = text.slice(colon + 1);
  if (hex.length !== length) return `${algorithm} has ${length} hex digits, not ${hex.length}`;
  if (!LOWER_HEX.test(hex)) return "its digits must be 0 to 9 and a to f, in lower case";
  return undefined;
}
