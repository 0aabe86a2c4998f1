import { SafedockError } from "../base/errors.js";
import type { Descriptor } from "../oci/descriptor.js";
import { isDigest, parseDigest } from "../oci/digest.js";
import { MAX_MANIFEST_BYTES } from "../oci/manifest.js";
import { checkReferencePart } from "../oci/reference.js";
import { responseError } from "./failure.js";
import { digestOf } from "./fetch-manifest.js";
import { withRetries } from "./retry.js";
import { pullScope, pushScope } from "./scope.js";
import type { Session } from "./session.js";
import { discard, type Body, type HttpResponse } from "./transport.js";

/** Bytes, or a function that opens them: it is called once more for each further try. */
export type BlobSource = Body;

export async function hasBlob(
  session: Session,
  repository: string,
  blob: Pick<Descriptor, "digest">,
  signal: AbortSignal | undefined,
  scope: string = pullScope(repository),
): Promise<boolean> {
  checkReferencePart("repository", repository);
  const response = await session.open({
    method: "HEAD",
    to: `v2/${repository}/blobs/${parseDigest(blob.digest)}`,
    scope,
    accept: [200, 404],
    signal,
  });
  discard(response);
  return response.status === 200;
}

/** Sends a blob in one piece (distribution specification, "Pushing a blob monolithically", POST then PUT). */
export async function pushBlob(
  session: Session,
  repository: string,
  blob: Pick<Descriptor, "digest" | "size">,
  content: BlobSource,
  signal: AbortSignal | undefined,
): Promise<void> {
  const scope = pushScope(repository);
  if (await hasBlob(session, repository, blob, signal, scope)) return;
  const body = ofDeclaredSize(blob, content);
  // An upload that broke off is begun anew: what the registry kept of it is unknown.
  await withRetries(session.options, signal, async () => {
    const begun = await session.openOnce({
      method: "POST",
      to: `v2/${repository}/blobs/uploads/`,
      headers: { "content-length": "0" },
      scope,
      accept: [202],
      signal,
    });
    discard(begun);
    const to = uploadUrl(session, begun);
    to.searchParams.set("digest", blob.digest);
    const done = await session.openOnce({
      method: "PUT",
      to,
      headers: {
        "content-type": "application/octet-stream",
        "content-length": String(blob.size),
      },
      body,
      scope,
      accept: [201, 204],
      signal,
    });
    discard(done);
  });
}

/** Puts a manifest under a tag or its digest, and says what it is called from now on. */
export async function pushManifest(
  session: Session,
  repository: string,
  tagOrDigest: string,
  manifest: { readonly mediaType: string; readonly bytes: Uint8Array },
  signal: AbortSignal | undefined,
): Promise<Descriptor> {
  checkReferencePart("repository", repository);
  checkReferencePart("tag or digest", tagOrDigest);
  const { mediaType, bytes } = manifest;
  if (bytes.byteLength > MAX_MANIFEST_BYTES) {
    const problem = `it has ${bytes.byteLength} bytes, the limit is ${MAX_MANIFEST_BYTES}`;
    throw new SafedockError("ERR_MANIFEST_INVALID", `The manifest is too large: ${problem}`, {
      data: { problem },
    });
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
  const digest = digestOf(bytes, isDigest(tagOrDigest) ? tagOrDigest : undefined);
  return { mediaType, digest, size: bytes.byteLength };
}

function uploadUrl(session: Session, response: HttpResponse): URL {
  const location = response.header("location");
  if (location === undefined || !URL.canParse(location, response.url.href)) {
    throw responseError(session.registry, response, "it begins an upload at no valid URL");
  }
  const url = new URL(location, response.url);
  const isPlain = url.protocol === "http:" && response.url.protocol === "http:";
  if (url.protocol !== "https:" && !isPlain) {
    throw responseError(session.registry, response, "it begins an upload outside of HTTPS");
  }
  return url;
}

/** A stream of another size than declared would end as a broken connection, and say nothing of why. */
function ofDeclaredSize(
  blob: Pick<Descriptor, "digest" | "size">,
  content: BlobSource,
): BlobSource {
  const check = (actual: number, isOver: boolean) => {
    if (actual === blob.size || (!isOver && actual < blob.size)) return;
    const { digest, size: expected } = blob;
    throw new SafedockError(
      "ERR_SIZE_MISMATCH",
      `Blob ${digest} has ${actual} bytes, not the declared ${expected}`,
      { data: { digest, expected, actual } },
    );
  };
  if (typeof content !== "function") {
    check(content.byteLength, true);
    return content;
  }
  return async function* () {
    let size = 0;
    for await (const chunk of content()) {
      size += chunk.byteLength;
      check(size, false);
      yield chunk;
    }
    check(size, true);
  };
}
