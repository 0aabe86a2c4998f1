import { abortable } from "../base/abortable.js";
import { SafedockError } from "../base/errors.js";
import { parseDigest } from "../oci/digest.js";
import type { BlobContent, BlobId, BlobOutcome, PushBlobOptions } from "../oci/repository.js";
import { checkReferencePart } from "../oci/reference.js";
import { verifyBlob, verifyBytes } from "../oci/verify-blob.js";
import { mountBlob } from "./mount-blob.js";
import { pushChunks } from "./push-chunks.js";
import { pushWhole } from "./push-whole.js";
import { pullScope, pushScope } from "./scope.js";
import type { Session } from "./session.js";
import type { Body } from "./request-body.js";
import { discard } from "./transport.js";
import { statusOf, type UploadJob } from "./upload.js";

/**
 * Largest blob sent in one piece by default, in bytes. One piece is what every registry takes; above this
 * a connection that breaks loses too much.
 */
const MAX_WHOLE_BYTES = 2 ** 30;
/** Chunk size by default, in bytes: above the least that object stores behind registries take (5 MiB). */
const DEFAULT_CHUNK_BYTES = 16 * 2 ** 20;

/** Answers of registries that take no chunks. */
const NO_CHUNKS: ReadonlySet<number | undefined> = new Set([400, 404, 405, 415, 501]);

export async function hasBlob(
  session: Session,
  repository: string,
  blob: Pick<BlobId, "digest">,
  signal: AbortSignal | undefined,
  scope: string = pullScope(repository),
): Promise<boolean> {
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

/** Pushes a blob unless it is there: by a mount, in one piece, or in chunks. */
export async function pushBlob(
  session: Session,
  repository: string,
  blob: BlobId,
  content: BlobContent,
  options: PushBlobOptions,
): Promise<BlobOutcome> {
  const { signal, mountFrom, chunkBytes } = options;
  checkChunkBytes(chunkBytes);
  if (mountFrom !== undefined) checkReferencePart("repository", mountFrom);
  const scope = pushScope(repository);
  const isThere = () => hasBlob(session, repository, blob, signal, scope);
  if (await isThere()) return "existing";
  const job: UploadJob = {
    ...{ session, repository, blob, scope, signal },
    content: verified(content, blob, signal),
    onProgress: options.onProgress,
  };
  const mounted =
    mountFrom === undefined || mountFrom === repository
      ? undefined
      : await mountBlob(job, mountFrom);
  if (mounted === "mounted") return mounted;
  const { size } = blob;
  const isSmall = chunkBytes === undefined ? size <= MAX_WHOLE_BYTES : size <= chunkBytes;
  const send = isSmall ? pushSmall : chunkBytes === undefined ? pushLarge : pushChunks;
  await send(job, chunkBytes ?? DEFAULT_CHUNK_BYTES, mounted, isThere);
  return "pushed";
}

type Send = typeof pushChunks;

/** In one piece; in chunks where that is too large for the registry or for what stands before it. */
const pushSmall: Send = async (job, chunkBytes, begun, isThere) => {
  try {
    await pushWhole(job, begun, isThere);
  } catch (error) {
    if (statusOf(error) !== 413 || job.blob.size <= chunkBytes) throw error;
    await pushChunks(job, chunkBytes, undefined, isThere);
  }
};

/** In chunks; in one piece where the registry takes none. */
const pushLarge: Send = async (job, chunkBytes, begun, isThere) => {
  try {
    await pushChunks(job, chunkBytes, begun, isThere);
  } catch (error) {
    if (!NO_CHUNKS.has(statusOf(error))) throw error;
    await pushWhole(job, undefined, isThere);
  }
};

function verified(content: BlobContent, blob: BlobId, signal: AbortSignal | undefined): Body {
  if (typeof content !== "function") return verifyBytes(content, blob);
  return () => verifyBlob(abortable(content(), signal), blob);
}

function checkChunkBytes(chunkBytes: number | undefined): void {
  if (chunkBytes === undefined || (Number.isSafeInteger(chunkBytes) && chunkBytes >= 1)) return;
  throw new SafedockError("ERR_OPTIONS_INVALID", "The option chunkBytes cannot be used", {
    data: { problems: ["chunkBytes: must be a whole number of at least 1 (bytes)"] },
  });
}
