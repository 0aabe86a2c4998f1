import { createHash, createPublicKey, verify, type KeyObject } from "node:crypto";

/** A public key by which signatures are checked. */
export interface SigningKey {
  /** `sha256:` of the key's DER form (SubjectPublicKeyInfo). */
  readonly id: string;
  readonly key: KeyObject;
  /** Digests to try, since signers differ; `undefined` where the algorithm has its own. */
  readonly hashes: readonly (string | undefined)[];
}

/** Longest PEM of one key, in characters: RSA with 16,384 bits has 2,900. */
const MAX_PEM = 8192;
/** Least RSA key, in bits: what NIST SP 800-131A still allows. */
const MIN_RSA_BITS = 2048;
/** Private keys and certificates would be read as public keys too, and are not what was meant. */
const PUBLIC_KEY = /^\s*-----BEGIN PUBLIC KEY-----[A-Za-z0-9+/=\s]+-----END PUBLIC KEY-----\s*$/;

/** By name of the curve, as cosign signs with it: SHA-256 for all, later the one of the curve's size. */
const CURVE_HASHES: ReadonlyMap<string, readonly string[]> = new Map([
  ["prime256v1", ["sha256"]],
  ["secp384r1", ["sha384", "sha256"]],
  ["secp521r1", ["sha512", "sha256"]],
]);

/** Reads a public key, or says in words why not. */
export function readSigningKey(pem: string): SigningKey | string {
  if (pem.length > MAX_PEM) return `has more than ${MAX_PEM} characters`;
  if (!PUBLIC_KEY.test(pem)) return "must be one public key in PEM (BEGIN PUBLIC KEY)";
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch {
    return "cannot be read as a public key";
  }
  const hashes = hashesOf(key);
  if (typeof hashes === "string") return hashes;
  const der = key.export({ type: "spki", format: "der" });
  return { id: `sha256:${createHash("sha256").update(der).digest("hex")}`, key, hashes };
}

function hashesOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject) {
  if (asymmetricKeyType === "ed25519") return [undefined];
  if (asymmetricKeyType === "rsa") {
    const bits = asymmetricKeyDetails?.modulusLength ?? 0;
    return bits >= MIN_RSA_BITS ? ["sha256"] : `must have ${MIN_RSA_BITS} bits, not ${bits}`;
  }
  const hashes = CURVE_HASHES.get(asymmetricKeyDetails?.namedCurve ?? "");
  return hashes ?? "must be ECDSA (P-256, P-384, P-521), Ed25519 or RSA";
}

/** Tells whether `signature` is one of this key's owner over `data`. */
export function isSignedBy(
  { key, hashes }: SigningKey,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  return hashes.some((hash) => {
    try {
      return verify(hash, data, key, signature);
    } catch {
      return false; // OpenSSL refuses some malformed signatures by an error
    }
  });
}
