import { createReadStream } from "node:fs";
import { mkdir, rename, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { abortable } from "../base/abortable.js";
import { SafedockError } from "../base/errors.js";
import { FileSink } from "../content/file-sink.js";
import { errorCodeOf } from "../content/process-identity.js";
import { parseDigest, type Digest } from "../oci/digest.js";
import type {
  BlobContent,
  BlobId,
  BlobOutcome,
  FetchBlobOptions,
  FetchedBlob,
  PushBlobOptions,
} from "../oci/repository.js";
import { verifyBlob, verifyBytes } from "../oci/verify-blob.js";
import { temporaryIn } from "./layout-index.js";
import { blobName } from "./oci-archive.js";

/** Bytes read from a file at once. */
const READ_BYTES = 256 * 1024;

/** How large a blob of a layout folder is; `undefined` if it is not there. */
export async function sizeOfBlob(folder: string, digest: Digest): Promise<number | undefined> {
  try {
    const found = await stat(join(folder, blobName(parseDigest(digest))));
    return found.isFile() ? found.size : undefined;
  } catch (error) {
    if (errorCodeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Opens a blob. */
export async function openBlob(
  folder: string,
  blob: BlobId,
  { offset = 0, signal }: FetchBlobOptions,
): Promise<FetchedBlob> {
  signal?.throwIfAborted();
  const { digest, size } = blob;
  if (!Number.isSafeInteger(offset) || offset < 0 || offset > size) {
    throw new SafedockError("ERR_OPTIONS_INVALID", `offset ${offset} is outside of the blob`, {
      data: { problems: [`offset: must be a whole number from 0 to ${size} (bytes)`] },
    });
  }
  const actual = await sizeOfBlob(folder, digest);
  if (actual === undefined) throw missing(digest);
  if (actual !== size) throw wrongSize(blob, actual);
  return { stream: readFrom(folder, blob, offset, signal), size: size - offset };
}

/** Writes a blob: beside its place, verified, then moved there. */
export async function putBlob(
  folder: string,
  blob: BlobId,
  content: BlobContent,
  { signal, onProgress }: PushBlobOptions,
): Promise<BlobOutcome> {
  signal?.throwIfAborted();
  if ((await sizeOfBlob(folder, blob.digest)) === blob.size) return "existing";
  const path = join(folder, blobName(blob.digest));
  await mkdir(dirname(path), { recursive: true });
  const sink = await FileSink.create(temporaryIn(folder));
  try {
    let sent = 0;
    const chunks =
      typeof content === "function"
        ? verifyBlob(abortable(content(), signal), blob)
        : [verifyBytes(content, blob)];
    for await (const chunk of chunks) {
      signal?.throwIfAborted();
      await sink.write(chunk);
      sent += chunk.byteLength;
      onProgress?.(sent);
    }
    await sink.close();
    await rename(sink.path, path);
  } catch (error) {
    await sink.discard();
    throw error;
  }
  return "pushed";
}

export function missing(digest: Digest): SafedockError {
  return new SafedockError("ERR_BLOB_NOT_FOUND", `The layout folder has no blob ${digest}`, {
    data: { digest },
  });
}

async function* readFrom(
  folder: string,
  blob: BlobId,
  start: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (start === blob.size) return;
  let position = start;
  // Up to the declared size: a file that grows meanwhile is not followed.
  const end = blob.size - 1;
  const path = join(folder, blobName(blob.digest));
  for await (const chunk of createReadStream(path, { start, end, highWaterMark: READ_BYTES })) {
    signal?.throwIfAborted();
    if (!(chunk instanceof Uint8Array)) continue;
    position += chunk.byteLength;
    yield chunk;
  }
  if (position !== blob.size) throw wrongSize(blob, position);
}

function wrongSize({ digest, size: expected }: BlobId, actual: number): SafedockError {
  return new SafedockError(
    "ERR_SIZE_MISMATCH",
    `Blob ${digest} has ${actual} bytes in the folder, not the declared ${expected}`,
    { data: { digest, expected, actual } },
  );
}
