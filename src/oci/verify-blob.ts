import { createHash } from "node:crypto";
import { SafedockError } from "../base/errors.js";
import { digestAlgorithm, digestHex, parseDigest, type Digest } from "./digest.js";
import type { BlobId } from "./repository.js";

/** Default cap of {@link readBlob}, in bytes: configs and small documents; layers are to be streamed. */
const DEFAULT_MAX_BYTES = 4 * 2 ** 20;

/**
 * Hands bytes on and verifies them on the way. The last piece comes only when all of them are right, so
 * a consumer that has seen the end has the blob, and one that was sent something else never sees its end.
 *
 * @throws SafedockError while iterating: `ERR_SIZE_MISMATCH` for fewer bytes, and at the first byte too
 *   many; `ERR_DIGEST_MISMATCH`; `ERR_DIGEST_INVALID` for a digest that cannot be verified
 * @example
 * ```ts
 * const { stream } = await repository.fetchBlob(layer);
 * for await (const chunk of verifyBlob(stream, layer)) file.write(chunk);
 * ```
 */
export async function* verifyBlob(
  stream: AsyncIterable<Uint8Array>,
  blob: BlobId,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { digest, size } = blob;
  const hash = createHash(digestAlgorithm(parseDigest(digest)));
  let received = 0;
  let held: Uint8Array | undefined;
  for await (const chunk of stream) {
    received += chunk.byteLength;
    if (received > size) throw wrongSize(blob, received);
    hash.update(chunk);
    if (held !== undefined) yield held;
    held = chunk;
  }
  if (received !== size) throw wrongSize(blob, received);
  const hex = hash.digest("hex");
  if (hex !== digestHex(digest)) throw wrongDigest(digest, hex);
  if (held !== undefined) yield held;
}

/** Verifies bytes that are in memory; as {@link verifyBlob}. */
export function verifyBytes(bytes: Uint8Array, blob: BlobId): Uint8Array {
  const { digest, size } = blob;
  if (bytes.byteLength !== size) throw wrongSize(blob, bytes.byteLength);
  const hex = createHash(digestAlgorithm(parseDigest(digest)))
    .update(bytes)
    .digest("hex");
  if (hex !== digestHex(digest)) throw wrongDigest(digest, hex);
  return bytes;
}

/** Where {@link readBlob} takes a blob from. */
export interface BlobStreams {
  /** Opens a blob, from its first byte on. */
  fetchBlob(
    blob: BlobId,
    options?: { readonly signal?: AbortSignal },
  ): Promise<{ readonly stream: AsyncIterable<Uint8Array> }>;
}

/** Options of {@link readBlob}. */
export interface ReadBlobOptions {
  /** Largest blob read, in bytes. Default 4 MiB. */
  readonly maxBytes?: number;
  /** Ends the call with the signal's reason. Default: none. */
  readonly signal?: AbortSignal;
}

/**
 * Reads a small blob into memory, verified: a config, a signature, a bill of materials.
 *
 * @throws SafedockError `ERR_BLOB_TOO_LARGE` before anything is fetched, and what {@link verifyBlob} and
 *   the repository throw
 * @example
 * ```ts
 * const { bytes, descriptor } = await repository.fetchManifest("1.2");
 * const manifest = parseManifest(bytes, descriptor.mediaType);
 * if (manifest.kind === "manifest") {
 *   const config = JSON.parse(Buffer.from(await readBlob(repository, manifest.config)).toString());
 *   console.log(config.architecture);
 * }
 * ```
 */
export async function readBlob(
  repository: BlobStreams,
  blob: BlobId,
  { maxBytes = DEFAULT_MAX_BYTES, signal }: ReadBlobOptions = {},
): Promise<Uint8Array> {
  const { digest, size } = blob;
  if (size > maxBytes) {
    throw new SafedockError(
      "ERR_BLOB_TOO_LARGE",
      `Blob ${digest} has ${size} bytes, the limit is ${maxBytes} bytes`,
      { data: { digest, size, limit: maxBytes }, hint: "raise maxBytes, or stream it" },
    );
  }
  const call = signal === undefined ? {} : { signal };
  const { stream } = await repository.fetchBlob({ digest, size }, call);
  const chunks: Uint8Array[] = [];
  for await (const chunk of verifyBlob(stream, blob)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function wrongSize({ digest, size: expected }: BlobId, actual: number): SafedockError {
  const found = actual > expected ? `${actual} bytes or more` : `${actual} bytes`;
  return new SafedockError(
    "ERR_SIZE_MISMATCH",
    `Blob ${digest} has ${found}, not the declared ${expected}`,
    { data: { digest, expected, actual } },
  );
}

function wrongDigest(expected: Digest, hex: string): SafedockError {
  const actual = `${digestAlgorithm(expected)}:${hex}`;
  return new SafedockError(
    "ERR_DIGEST_MISMATCH",
    `The blob has digest ${actual}, not ${expected}`,
    {
      data: { expected, actual },
      hint: "the bytes were altered where they are kept, or on the way",
    },
  );
}
