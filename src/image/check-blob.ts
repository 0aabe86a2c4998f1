import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { errorCodeOf } from "../content/process-identity.js";
import { hashOf } from "../content/receive-blob.js";
import type { StoreLayout } from "../content/store-layout.js";
import { encodeLayerIndex } from "../layer/layer-index.js";
import { TarIndexer } from "../layer/tar-indexer.js";
import { digestHex, type Digest } from "../oci/digest.js";

export interface BlobCheck {
  /** What is wrong with it; undefined: nothing. */
  readonly blob: string | undefined;
  /** What is wrong with the index of the tar that it is, if it has one. */
  readonly index: string | undefined;
  /** Bytes read. */
  readonly bytes: number;
}

/** Read at once, in bytes. */
const CHUNK_BYTES = 256 * 1024;

/**
 * Reads a blob once: hashes it, and indexes it anew if the store has an index of it.
 *
 * @returns undefined if it is not there
 */
export async function checkBlob(
  layout: StoreLayout,
  digest: Digest,
  signal: AbortSignal | undefined,
): Promise<BlobCheck | undefined> {
  const stored = await readIfThere(layout.layer(digest));
  const indexing = stored === undefined ? undefined : new Indexing(stored);
  const hash = hashOf(digest);
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(layout.blob(digest), {
      highWaterMark: CHUNK_BYTES,
    })) {
      signal?.throwIfAborted();
      if (!(chunk instanceof Uint8Array)) continue;
      hash.update(chunk);
      bytes += chunk.byteLength;
      await indexing?.write(chunk);
    }
  } catch (error) {
    indexing?.discard();
    if (errorCodeOf(error) === "ENOENT") return undefined;
    throw error;
  }
  const actual = hash.digest("hex");
  if (actual !== digestHex(digest)) {
    indexing?.discard();
    return { blob: `its ${bytes} bytes have the digest ${actual}`, index: undefined, bytes };
  }
  return { blob: undefined, index: await indexing?.problem(), bytes };
}

/** Indexes a tar that may be none. */
class Indexing {
  readonly #indexer: TarIndexer;
  #failure: string | undefined;

  constructor(private readonly stored: string) {
    this.#indexer = new TarIndexer(
      (problem) => new Error(problem),
      (count) => {
        // Each takes more than a character: a damaged tar must not fill the memory.
        if (count > stored.length) throw new Error("it has more entries than its index");
      },
    );
  }

  async write(chunk: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) return;
    try {
      await this.#indexer.write(chunk);
    } catch (error) {
      this.#fail(error);
    }
  }

  async problem(): Promise<string | undefined> {
    try {
      if (this.#failure !== undefined) return this.#failure;
      const index = encodeLayerIndex(await this.#indexer.end());
      return index === this.stored ? undefined : "it is not the index of its tar";
    } catch (error) {
      return this.#fail(error);
    }
  }

  discard(): void {
    this.#indexer.discard();
  }

  #fail(error: unknown): string {
    const why = error instanceof Error ? error.message : "it cannot be read";
    this.#indexer.discard();
    return (this.#failure = `what it indexes is no tar: ${why}`);
  }
}

export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (errorCodeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
