/** Who signs without a key of their own: an identity that Fulcio put into a short-lived certificate. */
export interface SignerIdentity {
  /** Who vouched for the identity, exactly: `https://token.actions.githubusercontent.com`. */
  readonly issuer: string;
  /**
   * The certificate's subject: an e-mail address, or a URI such as that of a workflow. A string must be
   * equal; an expression must match the whole subject, whether or not it has anchors.
   */
  readonly subject: string | RegExp;
}

/** Keyless signatures (Sigstore): certificates, a transparency log and time stamps in place of a key. */
export interface KeylessOptions {
  /** Any of these may have signed. At least one. */
  readonly identities: readonly SignerIdentity[];
  /**
   * Whom to believe: the content of Sigstore's `trusted_root.json` (certificate authorities, transparency
   * logs, certificate logs, time stamp authorities), as JSON text or parsed. It is never fetched.
   */
  readonly trustedRoot: string | object;
}

/**
 * Signatures that an image must have before any layer of it is fetched: those of cosign, in all places
 * where they are kept (the tag `sha256-….sig`, referrers, and bundles). A signature of the index counts as
 * one of the image that is chosen from it.
 */
export interface SignatureOptions {
  /**
   * Public keys in PEM (`-----BEGIN PUBLIC KEY-----`): ECDSA P-256, P-384 or P-521, Ed25519, RSA of 2048
   * bits and more. No transparency log is asked for with them. Default none.
   */
  readonly keys?: string | readonly string[];
  /** Default none. There must be keys, or this, or both. */
  readonly keyless?: KeylessOptions;
  /** How many different signers, by their keys or identities, must have signed. Default 1. */
  readonly threshold?: number;
  /**
   * What a signature that names an image (`docker-reference`) must name. Bundles name none.
   *
   * - `repository` (default): the repository that is pulled, under whatever tag
   * - `exact`: the tag too, where the signature names one and the image is pulled by tag
   * - `any`: not looked at, as cosign does
   * - anything else: this repository, for images that were copied: `ghcr.io/acme/hello`
   */
  readonly signedAs?: string;
  /**
   * Kinds of signed statements (in-toto) that count as a signature. Default
   * `https://sigstore.dev/cosign/sign/v1` alone: a signed report of a scanner is no approval. Name
   * `https://slsa.dev/provenance/v1` to take what GitHub attests of its builds.
   */
  readonly predicateTypes?: readonly string[];
}

/** What proves that an image was accepted: one for each set of {@link SignatureOptions} that it met. */
export interface TrustEvidence {
  /** Names the options that were met; other keys, identities or thresholds have another name. */
  readonly requirement: string;
  /** Repository (or reference, with `signedAs: "exact"`) that it holds for. */
  readonly scope: string;
  /** Keys (`sha256:` of the DER form) and identities (`subject (issuer)`) that have signed. */
  readonly signers: readonly string[];
  /** Digests that were signed: the image's manifest, or the index that led to it. */
  readonly signed: readonly string[];
  /** When it was verified, ISO 8601. */
  readonly verifiedAt: string;
}
