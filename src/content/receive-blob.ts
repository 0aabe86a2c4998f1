import { createHash, type Hash } from "node:crypto";
import { SafedockError } from "../base/errors.js";
import type { Descriptor } from "../oci/descriptor.js";
import { digestAlgorithm, type Digest } from "../oci/digest.js";
import { readSource, type BlobSource, type BlobTap } from "./blob-source.js";
import type { FileSink } from "./file-sink.js";
import type { FlightContext } from "./shared-flights.js";

/** What the bytes of a blob must be. */
export type ExpectedBlob = Pick<Descriptor, "digest" | "size">;

/** A tap, and what it found wrong: that counts only if the bytes are the right ones. */
export interface Follower {
  readonly tap: BlobTap | undefined;
  failure: { readonly error: unknown } | undefined;
}

/**
 * Streams a blob into a file and verifies it on the way.
 *
 * @throws SafedockError `ERR_SIZE_MISMATCH`, `ERR_DIGEST_MISMATCH`
 */
export async function receiveBlob(
  { digest, size }: ExpectedBlob,
  source: BlobSource,
  sink: FileSink,
  follower: Follower,
  { signal, report }: FlightContext,
): Promise<void> {
  const hash = hashOf(digest);
  let received = 0;
  for await (const piece of readSource(source, signal)) {
    received += piece.byteLength;
    if (received > size) throw wrongSize(digest, size, received);
    hash.update(piece);
    const written = sink.write(piece);
    // Awaited below; a failure before that must not count as unhandled.
    written?.catch(() => undefined);
    await follow(follower, (tap) => tap.write(piece));
    await written;
    report(received);
  }
  if (received !== size) throw wrongSize(digest, size, received);
  const actual = hash.digest("hex");
  if (actual !== hexOf(digest)) throw mismatch(digest, `${digestAlgorithm(digest)}:${actual}`);
  await follow(follower, (tap) => tap.end());
}

async function follow(
  follower: Follower,
  step: (tap: BlobTap) => Promise<void> | undefined,
): Promise<void> {
  if (follower.tap === undefined || follower.failure !== undefined) return;
  try {
    await step(follower.tap);
  } catch (error) {
    follower.failure = { error };
  }
}

export function hashOf(digest: Digest): Hash {
  return createHash(digestAlgorithm(digest));
}

export function hexOf(digest: Digest): string {
  return digest.slice(digest.indexOf(":") + 1);
}

function mismatch(expected: Digest, actual: string): SafedockError {
  return new SafedockError("ERR_DIGEST_MISMATCH", `The bytes are ${actual}, not ${expected}`, {
    data: { expected, actual },
    hint: "the registry or a proxy on the way changed them",
  });
}

export function wrongSize(digest: Digest, expected: number, actual: number): SafedockError {
  const found = actual > expected ? `more (${actual} or more)` : `only ${actual}`;
  return new SafedockError(
    "ERR_SIZE_MISMATCH",
    `${digest} must have ${expected} bytes, there were ${found}`,
    { data: { digest, expected, actual } },
  );
}

export function tooLarge(digest: Digest, size: number, limit: number): SafedockError {
  return new SafedockError(
    "ERR_BLOB_TOO_LARGE",
    `${digest} has ${size} bytes, the limit is ${limit} bytes`,
    { data: { digest, size, limit } },
  );
}
