import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { untilClosed } from "../base/until-closed.js";
import type { Digest } from "../oci/digest.js";
import { OCI_LAYER, OCI_LAYER_GZIP } from "../oci/media-types.js";
import type { NewEntries } from "./new-entry.js";
import { writeTar } from "./write-tar.js";

/** A layer in a host file, not yet in any store. */
export interface LayerFile {
  readonly path: string;
  readonly mediaType: string;
  readonly digest: Digest;
  /** Of the uncompressed tar. */
  readonly diffId: Digest;
  /** Bytes of the file. */
  readonly size: number;
}

export interface WriteLayerOptions {
  /** Default `none`. */
  readonly compression?: "none" | "gzip" | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Where a gzip header names the system that wrote it, and what says "unknown" there (RFC 1952). */
const GZIP_SYSTEM_AT = 9;
const GZIP_SYSTEM_UNKNOWN = 255;

/**
 * Writes a layer to a new host file and says what it is. Nothing is left of a file that was not
 * finished; an abort throws the signal's reason.
 */
export async function writeLayer(
  path: string,
  entries: NewEntries,
  options: WriteLayerOptions = {},
): Promise<LayerFile> {
  const { compression = "none", signal } = options;
  const tar = new Counted();
  const blob = new Counted();
  const file = createWriteStream(path, { flags: "wx", mode: 0o600 });
  const call = signal === undefined ? {} : { signal };
  try {
    if (compression === "none") await pipeline(tar.follow(writeTar(entries)), file, call);
    else {
      const stamp = (gzip: AsyncIterable<Uint8Array>) => blob.follow(anonymous(gzip));
      await pipeline(tar.follow(writeTar(entries)), createGzip(), stamp, file, call);
    }
  } catch (error) {
    await untilClosed(file);
    await rm(path, { force: true });
    signal?.throwIfAborted();
    throw error;
  }
  const diffId = tar.digest();
  if (compression === "none")
    return { path, mediaType: OCI_LAYER, digest: diffId, diffId, size: tar.bytes };
  return { path, mediaType: OCI_LAYER_GZIP, digest: blob.digest(), diffId, size: blob.bytes };
}

/** Hashes and counts what passes through. */
class Counted {
  bytes = 0;
  readonly #hash = createHash("sha256");

  async *follow(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of source) {
      this.bytes += chunk.byteLength;
      this.#hash.update(chunk);
      yield chunk;
    }
  }

  digest(): Digest {
    return `sha256:${this.#hash.digest("hex")}`;
  }
}

/** zlib writes the system that it was compiled for into the header. */
async function* anonymous(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let position = 0;
  for await (const chunk of source) {
    const at = GZIP_SYSTEM_AT - position;
    if (at >= 0 && at < chunk.byteLength) chunk[at] = GZIP_SYSTEM_UNKNOWN;
    position += chunk.byteLength;
    yield chunk;
  }
}
