import { isSafedockError, SafedockError } from "../base/errors.js";
import { Transient } from "./failure.js";
import { pauseBeforeTry, withRetries } from "./retry.js";
import type { Body } from "./request-body.js";
import { statusOf, Upload, type UploadJob } from "./upload.js";

/** Largest chunk that a registry may ask for, in bytes: each blob being pushed holds one in memory. */
const MAX_CHUNK_BYTES = 256 * 2 ** 20;

/**
 * Sends a blob in chunks (distribution specification, "Pushing a blob in chunks"). Each is kept until the
 * registry has it, so a connection that breaks costs no more than what it carried, and the blob is
 * not read again.
 *
 * @param begun - an upload to use, left over from a mount that did not come about
 * @param isThere - tells whether an earlier try arrived after all
 */
export async function pushChunks(
  job: UploadJob,
  chunkBytes: number,
  begun: Upload | undefined,
  isThere: () => Promise<boolean>,
): Promise<void> {
  let upload = begun;
  let tries = 0;
  await withRetries(job.session.options, job.signal, async () => {
    if (tries++ > 0 && (await isThere())) return;
    const current = upload ?? (await Upload.begin(job));
    upload = undefined;
    try {
      const size = Math.max(chunkBytes, current.minChunkBytes);
      if (size > MAX_CHUNK_BYTES) throw tooLarge(job, current.minChunkBytes);
      let from = 0;
      for await (const chunk of chunksOf(job.content, size)) {
        await sendChunk(job, current, chunk, from);
        from += chunk.size;
      }
      await current.finish(new Uint8Array(0), 0);
    } catch (error) {
      await current.cancel();
      throw error;
    }
  });
}

interface Chunk {
  readonly pieces: readonly Uint8Array[];
  /** Bytes. */
  readonly size: number;
}

async function sendChunk(
  job: UploadJob,
  upload: Upload,
  chunk: Chunk,
  from: number,
): Promise<void> {
  const { session, signal } = job;
  const end = from + chunk.size;
  let position = from;
  for (let tries = 0; ; tries++) {
    try {
      const body = behind(chunk, position - from, job.onProgress, position);
      position = await upload.append(body, position, end - position);
      if (position === end) return;
      throw new Transient(notReceived(job, position, end));
    } catch (error) {
      const failure = asTransient(error);
      await pauseBeforeTry(failure, tries, session.options, signal);
      position = await positionOf(upload, failure);
    }
    if (position === end) return;
    // Bytes of earlier chunks are gone, or more are there than were sent: begun anew.
    if (position < from || position > end) throw new Transient(notReceived(job, position, end));
  }
}

/** 416: the registry has another part of the blob than we think, and will say which. */
function asTransient(error: unknown): Transient {
  if (error instanceof Transient) return error;
  if (isSafedockError(error) && statusOf(error) === 416) return new Transient(error);
  throw error;
}

/** An upload that the registry has forgotten is begun anew. */
async function positionOf(upload: Upload, failure: Transient): Promise<number> {
  try {
    return await upload.position();
  } catch (error) {
    const status = statusOf(error);
    const isForgotten = status === 400 || status === 404 || status === 405 || status === 416;
    throw isForgotten ? failure : error;
  }
}

/** A chunk's bytes behind the first `skip`, to be opened once for each try. */
function behind(
  { pieces }: Chunk,
  skip: number,
  onProgress: UploadJob["onProgress"],
  position: number,
): Body {
  return async function* () {
    let rest = skip;
    let sent = position;
    for (const piece of pieces) {
      const fresh = piece.subarray(Math.min(rest, piece.byteLength));
      rest -= piece.byteLength - fresh.byteLength;
      if (fresh.byteLength === 0) continue;
      yield await Promise.resolve(fresh);
      sent += fresh.byteLength;
      onProgress?.(sent);
    }
  };
}

async function* chunksOf(content: Body, size: number): AsyncGenerator<Chunk, void, undefined> {
  if (typeof content !== "function") {
    for (let at = 0; at < content.byteLength; at += size) {
      const piece = content.subarray(at, at + size);
      yield { pieces: [piece], size: piece.byteLength };
    }
    return;
  }
  let pieces: Uint8Array[] = [];
  let gathered = 0;
  for await (const bytes of content()) {
    for (let at = 0; at < bytes.byteLength;) {
      const piece = bytes.subarray(at, at + size - gathered);
      pieces.push(piece);
      at += piece.byteLength;
      gathered += piece.byteLength;
      if (gathered < size) continue;
      yield { pieces, size };
      pieces = [];
      gathered = 0;
    }
  }
  if (gathered > 0) yield { pieces, size: gathered };
}

function notReceived({ session, blob }: UploadJob, position: number, end: number): SafedockError {
  const { registry } = session;
  return new SafedockError(
    "ERR_REGISTRY_UNREACHABLE",
    `${registry} says it has ${position} bytes of ${blob.digest} where ${end} were sent`,
    { data: { registry } },
  );
}

function tooLarge({ session }: UploadJob, min: number): SafedockError {
  return new SafedockError(
    "ERR_OPTIONS_INVALID",
    `Chunks for ${session.registry} would have more than ${MAX_CHUNK_BYTES} bytes`,
    {
      data: { problems: [`chunkBytes: must be at most ${MAX_CHUNK_BYTES} (bytes)`] },
      hint: `the registry asks for at least ${min} bytes; leave chunkBytes out to push in one piece`,
    },
  );
}
