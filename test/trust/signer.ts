/** Signs images as cosign does, from its specification: every form in which it keeps signatures. */
import {
  createHash,
  generateKeyPairSync,
  sign,
  type KeyObject,
  type KeyPairKeyObjectResult,
} from "node:crypto";
import type { Digest, ImageFixture, TestRegistry } from "safedock/testing";

const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const OCI_INDEX = "application/vnd.oci.image.index.v1+json";
const OCI_CONFIG = "application/vnd.oci.image.config.v1+json";
export const SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json";
export const SIGNATURE_ARTIFACT = "application/vnd.dev.cosign.artifact.sig.v1+json";
export const BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json";
export const COSIGN_SIGN = "https://sigstore.dev/cosign/sign/v1";

export interface Signer {
  readonly pem: string;
  readonly privateKey: KeyObject;
  sign(data: Uint8Array): Buffer;
}

export type KeyKind = "p256" | "p384" | "p521" | "ed25519" | "rsa";

const MAKE: Record<KeyKind, () => [KeyPairKeyObjectResult, string | undefined]> = {
  p256: () => [generateKeyPairSync("ec", { namedCurve: "P-256" }), "sha256"],
  p384: () => [generateKeyPairSync("ec", { namedCurve: "P-384" }), "sha384"],
  p521: () => [generateKeyPairSync("ec", { namedCurve: "P-521" }), "sha512"],
  ed25519: () => [generateKeyPairSync("ed25519"), undefined],
  rsa: () => [generateKeyPairSync("rsa", { modulusLength: 2048 }), "sha256"],
};

export function makeSigner(kind: KeyKind = "p256"): Signer {
  const [{ publicKey, privateKey }, hash] = MAKE[kind]();
  const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
  return { pem, privateKey, sign: (data) => sign(hash, data, privateKey) };
}

/** What cosign signs ("Simple Signing"). */
export function simplePayload(digest: string, reference: string, changes: object = {}): Buffer {
  return Buffer.from(
    JSON.stringify({
      critical: {
        identity: { "docker-reference": reference },
        image: { "docker-manifest-digest": digest },
        type: "cosign container image signature",
        ...changes,
      },
      optional: null,
    }),
  );
}

export interface SignatureLayer {
  readonly bytes: Uint8Array;
  readonly mediaType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export function simpleLayer(
  signer: Signer,
  payload: Uint8Array,
  annotations: Readonly<Record<string, string>> = {},
): SignatureLayer {
  const signature = signer.sign(payload).toString("base64");
  return {
    bytes: payload,
    annotations: { "dev.cosignproject.cosign/signature": signature, ...annotations },
  };
}

/** A manifest that holds signatures: for the tag `sha256-….sig`, or as a referrer with `subject`. */
export function signatureManifest(
  layers: readonly SignatureLayer[],
  more: Readonly<Record<string, unknown>> = {},
): ImageFixture {
  const blobs = new Map<Digest, Uint8Array>();
  const put = (mediaType: string, bytes: Uint8Array) => {
    const digest = sha256(bytes);
    blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.byteLength };
  };
  const manifest = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: put(OCI_CONFIG, Buffer.from("{}")),
    layers: layers.map(({ bytes, mediaType = SIMPLE_SIGNING, annotations }) => ({
      ...put(mediaType, bytes),
      ...(annotations === undefined ? {} : { annotations }),
    })),
    ...more,
  };
  return fixtureOf(OCI_MANIFEST, manifest, blobs, []);
}

/** What a registry without the referrers API has under the tag `sha256-…`. */
export function referrersIndex(
  referrers: readonly { readonly image: ImageFixture; readonly artifactType: string }[],
): ImageFixture {
  const manifests = referrers.map(({ image, artifactType }) => ({
    ...image.manifest.descriptor,
    artifactType,
  }));
  const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests };
  const images = referrers.map(({ image }) => image);
  return fixtureOf(OCI_INDEX, index, new Map(), images);
}

function fixtureOf(
  mediaType: string,
  value: object,
  blobs: ReadonlyMap<Digest, Uint8Array>,
  images: readonly ImageFixture[],
): ImageFixture {
  const bytes = Buffer.from(JSON.stringify(value));
  const descriptor = { mediaType, digest: sha256(bytes), size: bytes.byteLength };
  return { manifest: { descriptor, bytes }, blobs, images };
}

/** The tag under which cosign keeps the signatures of a digest; `suffix` is `.sig`, or nothing. */
export function signatureTag(digest: string, suffix: ".sig" | "" = ".sig"): string {
  return `${digest.replace(":", "-")}${suffix}`;
}

/** Signs what is in a registry by its digest, and keeps the signature under its tag. */
export async function signInRegistry(
  registry: TestRegistry,
  repository: string,
  digest: string,
  signers: readonly Signer[],
): Promise<void> {
  const payload = simplePayload(digest, `${registry.host}/${repository}`);
  const image = signatureManifest(signers.map((signer) => simpleLayer(signer, payload)));
  await registry.push(`${repository}:${signatureTag(digest)}`, image);
}

/** Keeps a bundle as a referrer, in the way that needs no referrers API. */
export async function attachBundle(
  registry: TestRegistry,
  repository: string,
  digest: string,
  bundle: object,
): Promise<void> {
  const bytes = Buffer.from(JSON.stringify(bundle));
  const image = signatureManifest([{ bytes, mediaType: BUNDLE }], { artifactType: BUNDLE });
  const index = referrersIndex([{ image, artifactType: BUNDLE }]);
  await registry.push(`${repository}:${signatureTag(digest, "")}`, index);
}

/** An in-toto statement about a digest. */
export function statementOf(digest: string, predicateType = COSIGN_SIGN): object {
  const [algorithm = "", hex = ""] = digest.split(":");
  return {
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: "", digest: { [algorithm]: hex } }],
    predicateType,
    predicate: {},
  };
}

export const PAYLOAD_TYPE = "application/vnd.in-toto+json";

/** DSSE's pre-authentication encoding. */
export function preAuthEncoding(payload: Uint8Array, type: string = PAYLOAD_TYPE): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.byteLength} `;
  return Buffer.concat([Buffer.from(head), payload]);
}

/** A bundle signed by key, as `cosign sign --key` of version 3 writes it, without a log. */
export function keyBundle(signer: Signer, statement: object, type: string = PAYLOAD_TYPE): object {
  const payload = Buffer.from(JSON.stringify(statement));
  const sig = signer.sign(preAuthEncoding(payload, type)).toString("base64");
  return {
    mediaType: BUNDLE,
    verificationMaterial: { publicKey: { hint: "key" }, tlogEntries: [] },
    dsseEnvelope: {
      payload: payload.toString("base64"),
      payloadType: type,
      signatures: [{ sig, keyid: "" }],
    },
  };
}

export function sha256(bytes: Uint8Array): Digest {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
