import { createHash } from "node:crypto";
import { SafedockError } from "../base/errors.js";
import type { Descriptor } from "../oci/descriptor.js";
import { digestAlgorithm, type Digest } from "../oci/digest.js";
import { MAX_MANIFEST_BYTES, parseManifest } from "../oci/manifest.js";
import { isIndexMediaType, isManifestMediaType } from "../oci/media-types.js";
import type { BlobId, FetchedManifest, ManifestContent } from "../oci/repository.js";
import { referrerOf } from "../oci/referrer.js";
import { readBlob } from "../oci/verify-blob.js";
import { missing, openBlob, sizeOfBlob } from "./layout-blobs.js";

/** Reads a manifest; its size and digest are what its entry says. */
export async function readManifest(
  folder: string,
  entry: Pick<Descriptor, "digest"> & Partial<Descriptor>,
): Promise<FetchedManifest> {
  const { digest } = entry;
  const size = entry.size ?? (await sizeOfBlob(folder, digest));
  if (size === undefined) throw missing(digest);
  const source = { fetchBlob: (blob: BlobId) => openBlob(folder, blob, {}) };
  const bytes = await readBlob(source, { digest, size }, { maxBytes: MAX_MANIFEST_BYTES });
  const mediaType =
    entry.mediaType ?? parseManifest(bytes, undefined, { anyLayers: true }).mediaType;
  return { descriptor: { ...entry, mediaType, digest, size }, bytes };
}

/** What a manifest is a referrer of, and how it is listed there; `undefined` for what is no manifest. */
export async function describeManifest(
  folder: string,
  entry: Descriptor,
): Promise<{ readonly subject: Digest; readonly referrer: Descriptor } | undefined> {
  if (!isManifestMediaType(entry.mediaType) && !isIndexMediaType(entry.mediaType)) return undefined;
  const { bytes } = await readManifest(folder, entry);
  const parsed = parseManifest(bytes, entry.mediaType, { anyLayers: true });
  if (parsed.subject === undefined) return undefined;
  return { subject: parsed.subject.digest, referrer: referrerOf(parsed, entry) };
}

/** The digest and size of a manifest that is pushed under a tag or this digest. */
export function manifestId({ bytes }: ManifestContent, expected: Digest | undefined): BlobId {
  const size = bytes.byteLength;
  const algorithm = expected === undefined ? "sha256" : digestAlgorithm(expected);
  const digest: Digest = `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
  if (expected === undefined || digest === expected) return { digest, size };
  throw new SafedockError("ERR_DIGEST_MISMATCH", `The manifest is ${digest}, not ${expected}`, {
    data: { expected, actual: digest },
  });
}
