import { SafedockError } from "../base/errors.js";
import type { Descriptor } from "../oci/descriptor.js";
import { isDigest } from "../oci/digest.js";
import { MAX_INDEX_MANIFESTS, MAX_MANIFEST_BYTES, parseManifest } from "../oci/manifest.js";
import { OCI_INDEX } from "../oci/media-types.js";
import { checkReferencePart } from "../oci/reference.js";
import { referrerOf } from "../oci/referrer.js";
import type { ManifestContent } from "../oci/repository.js";
import { digestOf } from "./fetch-manifest.js";
import { referrersTag, taggedReferrers } from "./list-referrers.js";
import { pushScope } from "./scope.js";
import type { Session } from "./session.js";
import { discard, type HttpResponse } from "./transport.js";

/**
 * Puts a manifest under a tag or its digest, and says what it is called from now on. A registry that takes
 * no note of its `subject` gets it listed by the tag schema (distribution specification 1.1, "Pushing
 * Manifests with Subject").
 */
export async function pushManifest(
  session: Session,
  repository: string,
  tagOrDigest: string,
  manifest: ManifestContent,
  signal: AbortSignal | undefined,
): Promise<Descriptor> {
  checkReferencePart("tag or digest", tagOrDigest);
  const { mediaType, bytes } = manifest;
  const digest = digestOf(bytes, isDigest(tagOrDigest) ? tagOrDigest : undefined);
  if (isDigest(tagOrDigest) && digest !== tagOrDigest) {
    throw new SafedockError(
      "ERR_DIGEST_MISMATCH",
      `The manifest is ${digest}, not ${tagOrDigest}`,
      {
        data: { expected: tagOrDigest, actual: digest },
      },
    );
  }
  const response = await putManifest(session, repository, tagOrDigest, manifest, signal);
  const descriptor = { mediaType, digest, size: bytes.byteLength };
  if (response.header("oci-subject") === undefined) {
    await listUnderSubject(session, repository, manifest, descriptor, signal);
  }
  return descriptor;
}

async function putManifest(
  session: Session,
  repository: string,
  tagOrDigest: string,
  { mediaType, bytes }: ManifestContent,
  signal: AbortSignal | undefined,
): Promise<HttpResponse> {
  if (bytes.byteLength > MAX_MANIFEST_BYTES) {
    const problem = `it has ${bytes.byteLength} bytes, the limit is ${MAX_MANIFEST_BYTES}`;
    throw invalid(problem);
  }
  const response = await session.open({
    method: "PUT",
    to: `v2/${repository}/manifests/${tagOrDigest}`,
    headers: { "content-type": mediaType },
    body: bytes,
    scope: pushScope(repository),
    accept: [200, 201],
    signal,
  });
  discard(response);
  return response;
}

/** Adds to one list come one after the other: each reads it, and writes it anew. */
const underway = new WeakMap<Session, Map<string, Promise<void>>>();

async function listUnderSubject(
  session: Session,
  repository: string,
  { mediaType, bytes }: ManifestContent,
  descriptor: Descriptor,
  signal: AbortSignal | undefined,
): Promise<void> {
  // Most manifests have none: they need not be read.
  if (!Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes('"subject"')) return;
  const parsed = parseManifest(bytes, mediaType, { anyLayers: true });
  const { subject } = parsed;
  if (subject === undefined) return;
  const referrer = referrerOf(parsed, descriptor);
  const queues = underway.get(session) ?? new Map<string, Promise<void>>();
  underway.set(session, queues);
  const key = `${repository}@${subject.digest}`;
  const before = queues.get(key) ?? Promise.resolve();
  const own = before.then(async () => {
    const known = await taggedReferrers(session, repository, subject.digest, signal);
    if (known.some(({ digest }) => digest === referrer.digest)) return;
    const manifests = [...known, referrer];
    if (manifests.length > MAX_INDEX_MANIFESTS) {
      throw invalid(
        `its subject has ${MAX_INDEX_MANIFESTS} referrers already, the most that are listed`,
      );
    }
    const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests };
    const content = { mediaType: OCI_INDEX, bytes: Buffer.from(JSON.stringify(index)) };
    await putManifest(session, repository, referrersTag(subject.digest), content, signal);
  });
  const settled = own.catch(() => undefined);
  queues.set(key, settled);
  try {
    await own;
  } finally {
    if (queues.get(key) === settled) queues.delete(key);
  }
}

function invalid(problem: string): SafedockError {
  return new SafedockError("ERR_MANIFEST_INVALID", `The manifest cannot be pushed: ${problem}`, {
    data: { problem },
  });
}
