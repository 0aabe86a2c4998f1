import type { JsonNode } from "../oci/json-node.js";
import { BadSignature, parseSignedJson } from "./parse-signed-json.js";
import type { Envelope } from "./statement.js";

/** Largest bundle, in bytes: the statement in it, and certificates and proofs of some 10 KB. */
export const MAX_BUNDLE_BYTES = 6 * 2 ** 20;
export const BUNDLE_MEDIA_TYPE =
  /^application\/vnd\.dev\.sigstore\.bundle(?:\.v0\.3\+json|\+json;version=0\.[123])$/;

/** What a bundle says was signed. */
export type BundleContent =
  | { readonly kind: "envelope"; readonly envelope: Envelope; readonly signature: Uint8Array }
  | { readonly kind: "message"; readonly digest: Uint8Array; readonly signature: Uint8Array };

export interface ReadBundle {
  readonly content: BundleContent;
  /** Signed with a key that the bundle only gives a hint of, not with a certificate. */
  readonly isKeyed: boolean;
  /** The parsed JSON. */
  readonly value: unknown;
}

/**
 * Reads a Sigstore bundle (protobuf-specs, sigstore_bundle.proto, in its JSON form) as far as a check by
 * key needs it.
 *
 * @throws BadSignature
 */
export function readBundle(bytes: Uint8Array): ReadBundle {
  const node = parseSignedJson(bytes, MAX_BUNDLE_BYTES, "the bundle");
  const mediaType = node.required("mediaType").string();
  if (!BUNDLE_MEDIA_TYPE.test(mediaType)) node.fail("is of a version that is not known");
  const material = node.required("verificationMaterial");
  return {
    content: readContent(node),
    isKeyed: material.member("publicKey") !== undefined,
    value: node.value,
  };
}

function readContent(node: JsonNode): BundleContent {
  const envelope = node.member("dsseEnvelope");
  const message = node.member("messageSignature");
  if (envelope !== undefined && message === undefined) {
    const [signature, ...others] = envelope.required("signatures").list(2);
    if (signature === undefined || others.length > 0) envelope.fail("must have one signature");
    return {
      kind: "envelope",
      envelope: {
        payloadType: envelope.required("payloadType").string(),
        payload: base64(envelope.required("payload"), MAX_BUNDLE_BYTES),
      },
      signature: base64(signature?.required("sig") ?? envelope),
    };
  }
  if (message === undefined || envelope !== undefined) {
    return node.fail("must have a dsseEnvelope or a messageSignature");
  }
  return {
    kind: "message",
    digest: base64(message.required("messageDigest").required("digest")),
    signature: base64(message.required("signature")),
  };
}

/** Longest signature or digest in base64, in characters: RSA with 16,384 bits has 2,732. */
const MAX_SIGNATURE = 8192;

function base64(node: JsonNode, maxLength = MAX_SIGNATURE): Uint8Array {
  return decodeBase64(node.string(maxLength)) ?? node.fail("must be base64");
}

/** Strict (RFC 4648 section 4), unlike Buffer, which skips what it does not know. */
export function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  return Buffer.from(text, "base64");
}

/** As {@link decodeBase64}, of a signature that is no member of a JSON document. */
export function decodeSignature(text: string): Uint8Array {
  const bytes = text.length <= MAX_SIGNATURE ? decodeBase64(text.trim()) : undefined;
  if (bytes === undefined || bytes.byteLength === 0) {
    throw new BadSignature("the signature is not in base64");
  }
  return bytes;
}
