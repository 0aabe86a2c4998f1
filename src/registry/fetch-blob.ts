import { isSafedockError, SafedockError } from "../base/errors.js";
import { parseDigest } from "../oci/digest.js";
import type { BlobId, FetchBlobOptions, FetchedBlob } from "../oci/repository.js";
import { networkError, responseError, Transient } from "./failure.js";
import { MirrorCheck } from "./mirror-check.js";
import { readThrough, type Mirror } from "./mirror.js";
import { pauseBeforeTry } from "./retry.js";
import { pullScope } from "./scope.js";
import type { Session } from "./session.js";
import { discard, type HttpResponse } from "./transport.js";

/** Times that one download is taken up again: a connection that breaks each 100 MB carries a 2 GB layer. */
const MAX_RESUMPTIONS = 20;

export async function fetchBlob(
  session: Session,
  repository: string,
  blob: BlobId,
  { signal, offset = 0 }: FetchBlobOptions,
): Promise<FetchedBlob> {
  parseDigest(blob.digest);
  const size = blob.size - offset;
  if (!Number.isSafeInteger(offset) || offset < 0 || size < 0) {
    throw new SafedockError("ERR_OPTIONS_INVALID", `offset ${offset} is outside of the blob`, {
      data: { problems: [`offset: must be a whole number from 0 to ${blob.size} (bytes)`] },
    });
  }
  // Nothing can be asked for by range behind the last byte.
  if (size === 0 && offset > 0) return { stream: nothing(), size };
  // Bytes from the middle cannot be verified here, and what a mirror sends must be.
  const mirrors = offset === 0 ? session.mirrors : [];
  const open = (from: number) =>
    readThrough(
      { session, mirrors },
      repository,
      blob.digest,
      signal,
      async (place, path, mirror) => ({
        mirror,
        registry: place.registry,
        response: await openFrom(place, path, blob, from, signal),
      }),
    );
  const first = await open(offset);
  return { stream: chunks(session, blob, offset, first, open, signal), size };
}

/** An answer, and who gave it. */
interface Opened {
  readonly mirror: Mirror | undefined;
  readonly registry: string;
  readonly response: HttpResponse;
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

async function* chunks(
  session: Session,
  blob: BlobId,
  offset: number,
  first: Opened,
  open: (from: number) => Promise<Opened>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  let position = offset;
  const check = new MirrorCheck(blob, offset === 0 && session.mirrors.length > 0);
  let current = first;
  for (let resumptions = 0; ; resumptions++) {
    const { mirror, registry, response } = current;
    check.begin(mirror);
    // A server without ranges begins again at the first byte.
    let skip = response.status === 200 ? position : 0;
    try {
      for await (const chunk of response.stream) {
        const fresh = skip === 0 ? chunk : chunk.subarray(Math.min(skip, chunk.byteLength));
        skip -= chunk.byteLength - fresh.byteLength;
        if (position + fresh.byteLength > blob.size) {
          throw wrongSize(blob, position + fresh.byteLength);
        }
        position += fresh.byteLength;
        check.update(fresh);
        if (fresh.byteLength > 0) yield fresh;
      }
      if (position < blob.size) throw wrongSize(blob, position);
      return check.end();
    } catch (error) {
      signal?.throwIfAborted();
      const failure =
        error instanceof SafedockError ? error : networkError(registry, response.url, error);
      if (isSafedockError(failure, "ERR_DIGEST_MISMATCH")) throw failure;
      if (mirror !== undefined) mirror.passOver(failure);
      else if (!(failure instanceof Transient)) throw failure;
      else if (resumptions >= MAX_RESUMPTIONS) throw failure.error;
      else await pauseBeforeTry(failure, 0, session.options, signal);
    }
    // Ended in time for the last byte; only the connection's end was unclean.
    if (position === blob.size) return check.end();
    current = await open(position);
  }
}

async function openFrom(
  session: Session,
  repository: string,
  blob: BlobId,
  from: number,
  signal: AbortSignal | undefined,
): Promise<HttpResponse> {
  const response = await session.open({
    method: "GET",
    to: `v2/${repository}/blobs/${blob.digest}`,
    headers: {
      "accept-encoding": "identity",
      ...(from === 0 ? {} : { range: `bytes=${from}-` }),
    },
    scope: pullScope(repository),
    accept: from === 0 ? [200] : [200, 206],
    signal,
  });
  const problem = problemOf(response, blob, from);
  if (problem === undefined) return response;
  discard(response);
  throw typeof problem === "number"
    ? wrongSize(blob, problem)
    : responseError(session.registry, response, problem);
}

/** What the head of the answer says against the descriptor: another size, or another part of the blob. */
function problemOf(
  response: HttpResponse,
  blob: BlobId,
  from: number,
): string | number | undefined {
  const header = response.header("content-length");
  const length = header === undefined ? undefined : Number(header);
  if (response.status === 200) return length === blob.size ? undefined : length;
  const range = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/.exec(
    response.header("content-range") ?? "",
  );
  if (range === null || Number(range[1]) !== from)
    return "it answers with another part of the blob";
  if (range[3] !== "*" && Number(range[3]) !== blob.size) return Number(range[3]);
  return Number(range[2]) === blob.size - 1 ? undefined : "it answers with less than was asked for";
}

function wrongSize(blob: BlobId, actual: number): SafedockError {
  const found = actual > blob.size ? `${actual} bytes or more` : `${actual} bytes`;
  return new SafedockError(
    "ERR_SIZE_MISMATCH",
    `Blob ${blob.digest} has ${found}, not the declared ${blob.size}`,
    { data: { digest: blob.digest, expected: blob.size, actual } },
  );
}
