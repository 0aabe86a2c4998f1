import { createHash } from "node:crypto";
import { SafedockError } from "../base/errors.js";
import type { BlobTap } from "../content/blob-source.js";
import { FileSink } from "../content/file-sink.js";
import { digestAlgorithm, digestHex, type Digest } from "../oci/digest.js";
import type { Compression } from "../oci/media-types.js";
import { openDecompressor, type Decompressor } from "./decompressor.js";
import { invalidLayer } from "./invalid-layer.js";
import type { LayerEntry } from "./layer-entry.js";
import { TarIndexer } from "./tar-indexer.js";
import { checkUnpackedSize, layerTooLarge } from "./unpacked-size.js";

/** Most entries of a layer: five full Linux distributions. */
export const MAX_LAYER_ENTRIES = 500_000;
export interface LayerLimits {
  /** Uncompressed, in bytes. Default 4 GiB. */
  readonly maxBytes?: number | undefined;
  /** Default {@link MAX_LAYER_ENTRIES}. */
  readonly maxEntries?: number | undefined;
}

export interface UnpackOrder {
  readonly digest: Digest;
  /** What the uncompressed bytes must be. */
  readonly diffId: Digest;
  readonly mediaType: string;
  readonly compression: Compression;
  readonly limits: LayerLimits;
  /** Where the uncompressed tar goes; `undefined`: the blob is that tar, nothing is written. */
  readonly tarPath: string | undefined;
}

/**
 * Follows a layer's blob as it streams in: decompresses, hashes again, writes the tar and indexes it,
 * in one pass.
 */
export class LayerUnpacker implements BlobTap {
  /** Tells whether any bytes came this way. */
  started = false;
  /** Entries of the layer, once `end` is through. */
  entries: readonly LayerEntry[] = [];
  /** Size of the uncompressed tar, in bytes. */
  tarBytes = 0;

  readonly #hash;
  readonly #indexer: TarIndexer;
  #decompressor: Decompressor | undefined;
  #sink: FileSink | undefined;
  #received = 0;
  #discarded = false;

  constructor(private readonly order: UnpackOrder) {
    this.#hash = createHash(digestAlgorithm(order.diffId));
    const maxEntries = order.limits.maxEntries ?? MAX_LAYER_ENTRIES;
    this.#indexer = new TarIndexer(
      (problem) => invalidLayer(order.digest, problem),
      (count) => {
        if (count > maxEntries) throw layerTooLarge(order.digest, maxEntries, "entries");
      },
    );
  }

  async write(chunk: Uint8Array): Promise<void> {
    if (this.#discarded) return;
    this.#received += chunk.byteLength;
    try {
      const decompressor = this.#decompressor ?? (await this.#open());
      await decompressor.write(chunk);
    } catch (error) {
      if (!this.#isDiscarded()) throw error;
    }
  }

  async end(): Promise<void> {
    if (this.#discarded) return;
    const decompressor = this.#decompressor ?? (await this.#open());
    await decompressor.end();
    this.entries = await this.#indexer.end();
    const { diffId } = this.order;
    const actual = this.#hash.digest("hex");
    if (actual !== digestHex(diffId)) {
      throw mismatch(diffId, `${digestAlgorithm(diffId)}:${actual}`);
    }
    await this.#sink?.close();
  }

  /** From here on nothing fails any more: somebody else may still want the blob that is followed. */
  async discard(): Promise<void> {
    this.#discarded = true;
    this.#decompressor?.discard();
    this.#indexer.discard();
    await this.#sink?.discard();
  }

  #isDiscarded(): boolean {
    return this.#discarded;
  }

  async #open(): Promise<Decompressor> {
    this.started = true;
    const { tarPath, compression, digest, mediaType } = this.order;
    if (tarPath !== undefined) this.#sink = await FileSink.create(tarPath);
    // Discarded while the file was being created: it was not there to be removed then.
    if (this.#isDiscarded()) await this.#sink?.discard();
    this.#decompressor = await openDecompressor(
      compression,
      (chunk) => this.#take(chunk),
      (problem) =>
        new SafedockError(
          "ERR_LAYER_COMPRESSION",
          `The layer ${digest} does not decompress as ${compression}: ${problem}`,
          { data: { digest, mediaType } },
        ),
    );
    return this.#decompressor;
  }

  #take(chunk: Uint8Array): Promise<void> | undefined {
    this.tarBytes += chunk.byteLength;
    const { digest, limits } = this.order;
    const size = { received: this.#received, unpacked: this.tarBytes };
    checkUnpackedSize(digest, size, limits.maxBytes);
    this.#hash.update(chunk);
    const written = this.#sink?.write(chunk);
    // Joined below; a failure before that must not count as unhandled.
    written?.catch(() => undefined);
    const indexed = this.#indexer.write(chunk);
    if (written === undefined) return indexed;
    return indexed === undefined ? written : Promise.all([written, indexed]).then(() => undefined);
  }
}

function mismatch(expected: Digest, actual: string): SafedockError {
  return new SafedockError(
    "ERR_DIFFID_MISMATCH",
    `The uncompressed layer is ${actual}, the image's config says ${expected}`,
    { data: { expected, actual } },
  );
}
