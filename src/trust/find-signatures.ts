import { createHash } from "node:crypto";
import { isSafedockError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import type { Descriptor } from "../oci/descriptor.js";
import { digestAlgorithm, digestHex, type Digest } from "../oci/digest.js";
import { parseManifest, type ImageIndex, type Manifest } from "../oci/manifest.js";
import type { BlobFetcher, ManifestFetcher, ReferrersLister } from "../oci/repository.js";
import { BadSignature } from "./parse-signed-json.js";
import { BUNDLE_MEDIA_TYPE, decodeSignature, MAX_BUNDLE_BYTES } from "./read-bundle.js";
import type { FoundSignature } from "./signature.js";
import { MAX_PAYLOAD_BYTES } from "./simple-signing.js";

/** Where signatures are looked for: the image's repository. */
export interface SignatureSource {
  readonly repository: SignedRepository;
  readonly signal?: AbortSignal | undefined;
}

/** One without a list of referrers is asked for the tag that stands in for it. */
export type SignedRepository = ManifestFetcher & BlobFetcher & Partial<ReferrersLister>;

/** Most signatures looked at for one manifest: whoever may push could add any number. */
const MAX_SIGNATURES = 100;
/** Most referrers of which the manifest is fetched; each may be of a kind that only it tells. */
const MAX_REFERRERS = 100;

const SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json";
const SIGNATURE_ARTIFACT = "application/vnd.dev.cosign.artifact.sig.v1+json";
const ANNOTATIONS = {
  signature: "dev.cosignproject.cosign/signature",
  certificate: "dev.sigstore.cosign/certificate",
  logEntry: "dev.sigstore.cosign/bundle",
  timestamp: "dev.sigstore.cosign/rfc3161timestamp",
} as const;

/**
 * All that stands in a registry as a signature of a manifest, none of it verified:
 *
 * 1. the tag `<algorithm>-<hex>.sig` (cosign 1 and 2, skopeo, podman)
 * 2. referrers of the types of cosign: the same manifest, or a bundle (cosign 3, GitHub's attestations)
 *
 * @param reject - called for each that cannot be read
 * @throws SafedockError of the registry, except for what is not there
 */
export async function* findSignatures(
  source: SignatureSource,
  digest: Digest,
  reject: (problem: BadSignature) => void,
): AsyncGenerator<FoundSignature, void, undefined> {
  let count = 0;
  const tag = `${digestAlgorithm(digest)}-${digestHex(digest)}`;
  const places = manifestsOf(source, digest, tag, reject);
  for await (const manifest of places) {
    for (const layer of manifest.layers) {
      if (!isSignature(layer)) continue;
      if (++count > MAX_SIGNATURES) {
        return reject(new BadSignature(`there are more than ${MAX_SIGNATURES} signatures`));
      }
      try {
        yield await readSignature(source, layer);
      } catch (error) {
        if (!isBad(error)) throw error;
        reject(asBad(error));
      }
    }
  }
}

async function* manifestsOf(
  source: SignatureSource,
  digest: Digest,
  tag: string,
  reject: (problem: BadSignature) => void,
): AsyncGenerator<Manifest, void, undefined> {
  const tagged = await readManifest(source, `${tag}.sig`, reject);
  if (tagged?.kind === "manifest") yield tagged;
  const referrers = await referrersOf(source, digest, tag, reject);
  const wanted = referrers.filter(
    ({ artifactType = "" }) =>
      artifactType === SIGNATURE_ARTIFACT || BUNDLE_MEDIA_TYPE.test(artifactType),
  );
  for (const { digest: referrer } of wanted.slice(0, MAX_REFERRERS)) {
    const manifest = await readManifest(source, referrer, reject);
    if (manifest?.kind === "manifest") yield manifest;
  }
}

async function referrersOf(
  source: SignatureSource,
  digest: Digest,
  tag: string,
  reject: (problem: BadSignature) => void,
): Promise<readonly Descriptor[]> {
  const { repository, signal } = source;
  if (repository.listReferrers !== undefined) {
    try {
      return await repository.listReferrers(digest, signal === undefined ? {} : { signal });
    } catch (error) {
      if (!isBad(error)) throw error;
      reject(asBad(error));
      return [];
    }
  }
  const index = await readManifest(source, tag, reject);
  return index?.kind === "index" ? index.manifests : [];
}

async function readManifest(
  { repository, signal }: SignatureSource,
  tagOrDigest: string,
  reject: (problem: BadSignature) => void,
): Promise<Manifest | ImageIndex | undefined> {
  const options = signal === undefined ? {} : { signal };
  try {
    const { bytes, descriptor } = await repository.fetchManifest(tagOrDigest, options);
    return parseManifest(bytes, descriptor.mediaType);
  } catch (error) {
    if (isSafedockError(error, "ERR_REGISTRY_NOT_FOUND")) return undefined;
    if (!isBad(error)) throw error;
    reject(asBad(error));
    return undefined;
  }
}

function isSignature({ mediaType }: Descriptor): boolean {
  return mediaType === SIMPLE_SIGNING || BUNDLE_MEDIA_TYPE.test(mediaType);
}

async function readSignature(source: SignatureSource, layer: Descriptor): Promise<FoundSignature> {
  if (layer.mediaType !== SIMPLE_SIGNING) {
    return { kind: "bundle", bytes: await readBlob(source, layer, MAX_BUNDLE_BYTES) };
  }
  const signature = layer.annotations?.[ANNOTATIONS.signature];
  if (signature === undefined) throw new BadSignature("its signature is missing");
  const optional = (name: "certificate" | "logEntry" | "timestamp") => {
    const value = layer.annotations?.[ANNOTATIONS[name]];
    return value === undefined || value === "" ? {} : { [name]: value };
  };
  return {
    kind: "simple",
    signature: decodeSignature(signature),
    payload: await readBlob(source, layer, MAX_PAYLOAD_BYTES),
    ...optional("certificate"),
    ...optional("logEntry"),
    ...optional("timestamp"),
  };
}

/** A small blob in memory, verified. */
async function readBlob(
  { repository, signal }: SignatureSource,
  { digest, size }: Descriptor,
  maxBytes: number,
): Promise<Uint8Array> {
  if (size > maxBytes) throw new BadSignature(`it has ${size} bytes, the limit is ${maxBytes}`);
  const options = signal === undefined ? {} : { signal };
  const { stream } = await repository.fetchBlob({ digest, size }, options);
  const chunks: Uint8Array[] = [];
  const hash = createHash(digestAlgorithm(digest));
  for await (const chunk of stream) {
    signal?.throwIfAborted();
    hash.update(chunk);
    chunks.push(chunk);
  }
  if (hash.digest("hex") !== digestHex(digest)) {
    throw new BadSignature(`the bytes of ${digest} are others`);
  }
  return Buffer.concat(chunks);
}

/** Faults of one signature's content; a registry that fails is another matter, and ends the pull. */
const BAD = [
  "ERR_MANIFEST_INVALID",
  "ERR_MANIFEST_UNSUPPORTED",
  "ERR_DIGEST_MISMATCH",
  "ERR_SIZE_MISMATCH",
  "ERR_REGISTRY_NOT_FOUND",
] as const;

function isBad(error: unknown): boolean {
  return error instanceof BadSignature || BAD.some((code) => isSafedockError(error, code));
}

function asBad(error: unknown): BadSignature {
  if (error instanceof BadSignature) return error;
  return new BadSignature(error instanceof Error ? printable(error.message, 160) : "unreadable");
}
