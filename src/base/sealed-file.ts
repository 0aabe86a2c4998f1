import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";

/**
 * A file that says whether it is whole:
 *
 *     magic     16 bytes   that it is one, and the format's number
 *     digest    32 bytes   SHA-256 of all that follows
 *     content
 *
 * The digest finds damage, not malice: who may write the file may write another digest.
 */
const MAGIC = Buffer.from("safedock-seal/1\n", "latin1");
const DIGEST_BYTES = 32;
/** Where the content begins. */
export const SEAL_BYTES = MAGIC.length + DIGEST_BYTES;

/** Bytes hashed before other work gets its turn: about 1 ms. */
const HASH_CHUNK_BYTES = 2 ** 20;

/** What comes before the content, whose pieces are given in order. */
export function sealOf(pieces: readonly Uint8Array[]): Uint8Array {
  const digest = createHash("sha256");
  for (const piece of pieces) digest.update(piece);
  return Buffer.concat([MAGIC, digest.digest()]);
}

/** Tells whether a file is as it was written. */
export async function isWhole(file: Buffer): Promise<boolean> {
  if (!isSealed(file)) return false;
  const digest = createHash("sha256");
  for (let at = SEAL_BYTES; at < file.length; at += HASH_CHUNK_BYTES) {
    if (at > SEAL_BYTES) await setImmediate();
    digest.update(file.subarray(at, at + HASH_CHUNK_BYTES));
  }
  return digest.digest().equals(file.subarray(MAGIC.length, SEAL_BYTES));
}

/** As {@link isWhole}, for a small file and a thread that has nothing else to do. */
export function isWholeAtOnce(file: Buffer): boolean {
  if (!isSealed(file)) return false;
  const digest = createHash("sha256").update(file.subarray(SEAL_BYTES)).digest();
  return digest.equals(file.subarray(MAGIC.length, SEAL_BYTES));
}

function isSealed(file: Buffer): boolean {
  return file.length >= SEAL_BYTES && file.subarray(0, MAGIC.length).equals(MAGIC);
}
