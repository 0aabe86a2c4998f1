import type { Digest } from "../oci/digest.js";

/** A signature over a payload of its own (cosign's first form): one layer of a manifest. */
export interface SimpleSignature {
  readonly kind: "simple";
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  /** What keyless signing adds, as cosign's annotations have it. */
  readonly certificate?: string;
  readonly logEntry?: string;
  readonly timestamp?: string;
}

/** A Sigstore bundle: JSON that holds the signature and all that proves it. */
export interface BundleSignature {
  readonly kind: "bundle";
  readonly bytes: Uint8Array;
}

/** Found in a registry, not verified. */
export type FoundSignature = SimpleSignature | BundleSignature;

/** The manifests of which a signature counts: the image's own, and the index that led to it. */
export interface SignedManifest {
  readonly digest: Digest;
  readonly bytes: Uint8Array;
}
