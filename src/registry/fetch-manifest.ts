import { createHash } from "node:crypto";
import { SafedockError } from "../base/errors.js";
import type { Descriptor } from "../oci/descriptor.js";
import { digestAlgorithm, isDigest, type Digest } from "../oci/digest.js";
import { MAX_MANIFEST_BYTES } from "../oci/manifest.js";
import { bareMediaType, MANIFEST_MEDIA_TYPES } from "../oci/media-types.js";
import { checkReferencePart } from "../oci/reference.js";
import type { FetchedManifest } from "../oci/repository.js";
import { responseError } from "./failure.js";
import { readThrough } from "./mirror.js";
import { pullScope } from "./scope.js";
import type { Session } from "./session.js";
import { discard, type HttpResponse } from "./transport.js";

const ACCEPT = MANIFEST_MEDIA_TYPES.join(", ");
/** What is said of bytes without a media type (RFC 9110 section 8.3). */
const UNKNOWN_MEDIA_TYPE = "application/octet-stream";

/** From the first mirror that has it, else from the registry itself. */
export async function fetchManifest(
  session: Session,
  repository: string,
  tagOrDigest: string,
  signal: AbortSignal | undefined,
): Promise<FetchedManifest> {
  checkReferencePart("repository", repository);
  checkReferencePart("tag or digest", tagOrDigest);
  const { mirrors } = session;
  return readThrough({ session, mirrors }, repository, tagOrDigest, signal, (place, path) =>
    fetchOwnManifest(place, path, tagOrDigest, signal),
  );
}

/** From the registry itself, whatever its mirrors have: for what is read to be written back. */
export async function fetchOwnManifest(
  session: Session,
  repository: string,
  tagOrDigest: string,
  signal: AbortSignal | undefined,
): Promise<FetchedManifest> {
  const call = manifestCall("GET", repository, tagOrDigest, signal);
  const { response, bytes } = await session.read(call, MAX_MANIFEST_BYTES);
  const announced = announcedDigest(session, response);
  const wanted = isDigest(tagOrDigest) ? tagOrDigest : announced;
  const digest = digestOf(bytes, wanted);
  for (const expected of [wanted, announced]) {
    if (expected !== undefined && digestOf(bytes, expected) !== expected) {
      throw mismatch(expected, digestOf(bytes, expected), response);
    }
  }
  const mediaType = mediaTypeOf(response);
  return { descriptor: { mediaType, digest, size: bytes.byteLength }, bytes };
}

/**
 * Where a tag or digest points, by HEAD; by GET at registries whose HEAD does not tell. A digest is asked
 * for to know whether the registry has it, which its mirrors cannot say.
 */
export async function resolveManifest(
  session: Session,
  repository: string,
  tagOrDigest: string,
  signal: AbortSignal | undefined,
): Promise<Descriptor> {
  checkReferencePart("repository", repository);
  checkReferencePart("tag or digest", tagOrDigest);
  const mirrors = isDigest(tagOrDigest) ? [] : session.mirrors;
  return readThrough({ session, mirrors }, repository, tagOrDigest, signal, (place, path) =>
    resolveAt(place, path, tagOrDigest, signal),
  );
}

async function resolveAt(
  session: Session,
  repository: string,
  tagOrDigest: string,
  signal: AbortSignal | undefined,
): Promise<Descriptor> {
  const response = await session.open(manifestCall("HEAD", repository, tagOrDigest, signal));
  discard(response);
  const announced = announcedDigest(session, response);
  const length = response.header("content-length") ?? "";
  if (announced === undefined || !/^\d{1,15}$/.test(length)) {
    return (await fetchOwnManifest(session, repository, tagOrDigest, signal)).descriptor;
  }
  if (isDigest(tagOrDigest) && announced !== tagOrDigest) {
    throw mismatch(tagOrDigest, announced, response);
  }
  return { mediaType: mediaTypeOf(response), digest: announced, size: Number(length) };
}

function manifestCall(
  method: "GET" | "HEAD",
  repository: string,
  tagOrDigest: string,
  signal: AbortSignal | undefined,
) {
  checkReferencePart("tag or digest", tagOrDigest);
  return {
    method,
    to: `v2/${repository}/manifests/${tagOrDigest}`,
    headers: { accept: ACCEPT, "accept-encoding": "identity" },
    scope: pullScope(repository),
    accept: [200],
    signal,
  } as const;
}

/** By the algorithm of `like`, else sha256. */
export function digestOf(bytes: Uint8Array, like?: Digest): Digest {
  const algorithm = like === undefined ? "sha256" : digestAlgorithm(like);
  return `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
}

function announcedDigest(session: Session, response: HttpResponse): Digest | undefined {
  const value = response.header("docker-content-digest");
  if (value === undefined || value === "") return undefined;
  if (isDigest(value)) return value;
  throw responseError(session.registry, response, "its Docker-Content-Digest is not a digest");
}

function mediaTypeOf(response: HttpResponse): string {
  return bareMediaType(response.header("content-type") ?? "") || UNKNOWN_MEDIA_TYPE;
}

function mismatch(expected: Digest, actual: Digest, { url }: HttpResponse): SafedockError {
  return new SafedockError(
    "ERR_DIGEST_MISMATCH",
    `The manifest from ${url.host} has digest ${actual}, not ${expected}`,
    {
      data: { expected, actual },
      hint: "the registry or something before it altered the manifest",
    },
  );
}
