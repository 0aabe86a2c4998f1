import { createReadStream } from "node:fs";
import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { SafedockError } from "../base/errors.js";
import type { BlobSource } from "../content/blob-source.js";
import type { ContentStore, StagedBlob } from "../content/content-store.js";
import type { Lease } from "../content/leases.js";
import { SharedFlights, type FlightContext, type Hold } from "../content/shared-flights.js";
import type { Descriptor } from "../oci/descriptor.js";
import type { Digest } from "../oci/digest.js";
import { layerCompression, type Compression } from "../oci/media-types.js";
import type { LayerEntry } from "./layer-entry.js";
import { decodeLayerIndex, encodeLayerIndex } from "./layer-index.js";
import { LayerUnpacker, type LayerLimits } from "./layer-unpacker.js";

export interface StageLayerOptions extends LayerLimits {
  readonly signal?: AbortSignal | undefined;
  /** Called with the compressed bytes received so far. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

/** A verified and indexed layer that a caller holds. It is invisible to others until `commit`. */
export interface StagedLayer {
  readonly digest: Digest;
  readonly diffId: Digest;
  /** Made from the index with each access: ten layers at once are a lot of objects. */
  readonly entries: readonly LayerEntry[];
  /** Host path of the uncompressed tar: it moves when the layer is committed. */
  readonly tarPath: string;
  /** Tells whether the store had the layer before. */
  readonly existed: boolean;
  commit(): Promise<void>;
  /** Lets go of it; a layer that nobody has committed is removed. Also needed after `commit`. */
  release(): Promise<void>;
}

interface Unpacked {
  /** What the index file holds. */
  readonly index: string;
  /** `undefined` when the store had the layer. */
  readonly blob: StagedBlob | undefined;
  /** The tar's own file, where the blob is compressed. */
  tarPath: string | undefined;
  committed: Promise<void> | undefined;
}

type LayerDescriptor = Pick<Descriptor, "digest" | "size" | "mediaType">;

/**
 * Layers in a content store: the blob as it came, the uncompressed tar under its DiffID, and the index
 * of what is in it. A layer is never unpacked onto host paths.
 */
export class LayerStore {
  readonly #flights = new SharedFlights<Unpacked>(async ({ blob, tarPath, committed }) => {
    await blob?.release();
    if (committed === undefined && tarPath !== undefined) await rm(tarPath, { force: true });
  });

  constructor(private readonly content: ContentStore) {}

  /**
   * Brings a layer in: downloads, verifies, decompresses and indexes it in one pass, unless the store
   * has it.
   *
   * @throws SafedockError what `ContentStore.stage` throws; `ERR_LAYER_COMPRESSION`,
   * `ERR_LAYER_INVALID`, `ERR_LAYER_TOO_LARGE`, `ERR_DIFFID_MISMATCH`, `ERR_MANIFEST_UNSUPPORTED` for a
   * media type that is no tar layer. Nothing is left behind then.
   */
  async stage(
    descriptor: LayerDescriptor,
    diffId: Digest,
    source: BlobSource,
    options: StageLayerOptions = {},
  ): Promise<StagedLayer> {
    const { digest, size, mediaType } = descriptor;
    const compression = layerCompression(mediaType);
    if (compression === undefined) throw unsupported(mediaType);
    const { maxBytes, maxEntries } = options;
    // What is found of it in the store must not be collected meanwhile.
    const lease = await this.content.leases.hold([digest, diffId], options.signal);
    try {
      const hold = await this.#flights.acquire(
        JSON.stringify([digest, diffId, size, compression, maxBytes, maxEntries]),
        (context) =>
          this.#unpack(descriptor, diffId, compression, source, { maxBytes, maxEntries }, context),
        options,
      );
      return this.#handle(digest, diffId, hold, lease);
    } catch (error) {
      await lease.release();
      throw error;
    }
  }

  #handle(digest: Digest, diffId: Digest, hold: Hold<Unpacked>, lease: Lease): StagedLayer {
    const { value } = hold;
    const { content } = this;
    return {
      digest,
      diffId,
      get entries() {
        return decodeLayerIndex(value.index, content.layout.layer(diffId));
      },
      get tarPath() {
        return value.tarPath ?? value.blob?.path ?? content.path(diffId);
      },
      existed: value.blob === undefined,
      commit: () => (value.committed ??= this.#commit(digest, diffId, value)),
      release: async () => {
        await hold.release();
        await lease.release();
      },
    };
  }

  async #unpack(
    descriptor: LayerDescriptor,
    diffId: Digest,
    compression: Compression,
    source: BlobSource,
    limits: LayerLimits,
    context: FlightContext,
  ): Promise<Unpacked> {
    const { digest, size, mediaType } = descriptor;
    const known = await this.#find(digest, diffId);
    if (known !== undefined) {
      context.report(size);
      return { index: known, blob: undefined, tarPath: undefined, committed: Promise.resolve() };
    }
    const tarPath = digest === diffId ? undefined : this.content.temporary.newPath();
    const order = { digest, diffId, mediaType, compression, limits, tarPath };
    const tap = new LayerUnpacker(order);
    const { signal, report: onProgress } = context;
    let blob: StagedBlob | undefined;
    try {
      blob = await this.content.stage(descriptor, source, { signal, onProgress, tap });
      const done = tap.started ? tap : await unpackFile(blob.path, order, signal);
      return { index: encodeLayerIndex(done.entries), blob, tarPath, committed: undefined };
    } catch (error) {
      await tap.discard();
      await blob?.release();
      throw error;
    }
  }

  /** The index of a layer that is in the store with all its parts. */
  async #find(digest: Digest, diffId: Digest): Promise<string | undefined> {
    const { layout } = this.content;
    const indexPath = layout.layer(diffId);
    try {
      if (digest !== diffId && (await readFile(layout.unpacked(digest), "utf8")) !== diffId) {
        return undefined;
      }
      await stat(layout.blob(diffId));
      const index = await readFile(indexPath, "utf8");
      decodeLayerIndex(index, indexPath);
      return index;
    } catch {
      // Missing or damaged: made again from the blob, which verifies itself.
      return undefined;
    }
  }

  async #commit(digest: Digest, diffId: Digest, value: Unpacked): Promise<void> {
    const { layout } = this.content;
    try {
      await value.blob?.commit();
      if (value.tarPath !== undefined) {
        const path = layout.blob(diffId);
        await rename(value.tarPath, path);
        value.tarPath = path;
      }
      await this.#put(layout.layer(diffId), value.index);
      if (digest !== diffId) await this.#put(layout.unpacked(digest), diffId);
    } catch (error) {
      value.committed = undefined;
      throw error;
    }
  }

  async #put(path: string, text: string): Promise<void> {
    const temporary = this.content.temporary.newPath();
    try {
      await writeFile(temporary, text, { flag: "wx" });
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }
}

/** Unpacks a blob that is on disk already: another kind of pull brought it. */
async function unpackFile(
  path: string,
  order: ConstructorParameters<typeof LayerUnpacker>[0],
  signal: AbortSignal,
): Promise<LayerUnpacker> {
  const unpacker = new LayerUnpacker(order);
  try {
    for await (const chunk of readFileChunks(path)) {
      signal.throwIfAborted();
      await unpacker.write(chunk);
    }
    await unpacker.end();
    return unpacker;
  } catch (error) {
    await unpacker.discard();
    throw error;
  }
}

async function* readFileChunks(path: string): AsyncGenerator<Uint8Array> {
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) {
    if (chunk instanceof Uint8Array) yield chunk;
  }
}

function unsupported(mediaType: string): SafedockError {
  return new SafedockError("ERR_MANIFEST_UNSUPPORTED", `${mediaType} is no layer of an image`, {
    data: { mediaType },
    hint: "push the image with plain, gzip or zstd tar layers",
  });
}
