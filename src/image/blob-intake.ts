import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { SafedockError } from "../base/errors.js";
import { bytesSource } from "../content/blob-source.js";
import { MAX_BLOB_BYTES, type ContentStore, type StagedBlob } from "../content/content-store.js";
import { openDecompressor } from "../layer/decompressor.js";
import type { LayerStore, StagedLayer } from "../layer/layer-store.js";
import type { LayerEntry } from "../layer/layer-entry.js";
import { checkUnpackedSize, MAX_LAYER_BYTES } from "../layer/unpacked-size.js";
import type { Descriptor } from "../oci/descriptor.js";
import type { Digest } from "../oci/digest.js";
import { MAX_CONFIG_BYTES } from "../oci/image-config.js";
import { layerCompression, OCI_LAYER_GZIP, type Compression } from "../oci/media-types.js";
import type { IndexedLayer } from "../snapshot/flatten-layers.js";
import type { SnapshotStore } from "../snapshot/snapshot-store.js";
import { concurrently } from "../base/concurrently.js";
import { concurrencyOf, UncompressedBudget, type ImageLimits } from "./image-limits.js";
import type { ImageLayer } from "./image-record.js";
import type { ImageSource, SourcedManifest } from "./image-source.js";
import { withFile } from "./moving-files.js";
import { reportBlob, type OnPullProgress } from "./pull-progress.js";
import type { Staging } from "./staging.js";

export interface ImageStores {
  readonly content: ContentStore;
  readonly layers: LayerStore;
  readonly snapshots: SnapshotStore;
}

export interface StageImageOptions extends ImageLimits {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnPullProgress | undefined;
}

/** A layer that is there, with what the record says of it. */
export interface ReadyLayer {
  readonly layer: ImageLayer;
  /** May be read anew with each access. */
  readonly entries: readonly LayerEntry[];
  /** Where its uncompressed bytes are now: they move when it is committed. */
  readonly hostPath: () => string;
}

/** Brings the blobs of one image in; everything is held by `staging`. */
export class BlobIntake {
  readonly #budget: UncompressedBudget;

  constructor(
    private readonly stores: ImageStores,
    private readonly staging: Staging,
    private readonly source: ImageSource,
    private readonly options: StageImageOptions,
  ) {
    this.#budget = new UncompressedBudget(options);
  }

  async manifest({ descriptor, bytes }: SourcedManifest, signal: AbortSignal): Promise<void> {
    const { content } = this.stores;
    this.staging.add(await content.stage(descriptor, bytesSource(bytes), { signal }));
  }

  /** A config, or another JSON document of the image; verified. */
  async document(descriptor: Descriptor, signal: AbortSignal): Promise<Uint8Array> {
    const blob = await this.#blob(descriptor, signal, MAX_CONFIG_BYTES);
    return withFile(
      () => blob.path,
      () => this.stores.content.readStaged(blob),
    );
  }

  /** A tar whose uncompressed digest the image's config names. */
  async tar(descriptor: Descriptor, diffId: Digest, signal: AbortSignal): Promise<ReadyLayer> {
    const report = reportBlob(this.options.onProgress, descriptor);
    const staged = await this.#unpack(descriptor, diffId, signal, report.bytes);
    report.finish(staged.existed);
    return readyTar(descriptor, staged);
  }

  /** A tar of an artifact, which names no digest of it uncompressed: it is decompressed twice. */
  async looseTar(descriptor: Descriptor, signal: AbortSignal): Promise<ReadyLayer> {
    const known = layerCompression(descriptor.mediaType);
    const blob = await this.#blob(descriptor, signal, MAX_BLOB_BYTES);
    // The only other kind of tar that comes this way is Spin's archive.
    const mediaType = known === undefined ? OCI_LAYER_GZIP : descriptor.mediaType;
    const diffId = await withFile(
      () => blob.path,
      (path) => this.#measure(descriptor.digest, path, known ?? "gzip", mediaType, signal),
    );
    const staged = await this.#unpack({ ...descriptor, mediaType }, diffId, signal);
    return readyTar(descriptor, staged);
  }

  /** A blob that is one file, or none of the image's files; `entriesOf` says which. */
  async file(
    descriptor: Descriptor,
    signal: AbortSignal,
    entriesOf: (path: string, size: number) => Promise<readonly LayerEntry[]>,
  ): Promise<ReadyLayer> {
    const maxBytes = this.options.maxLayerBytes ?? MAX_BLOB_BYTES;
    const blob = await this.#blob(descriptor, signal, maxBytes);
    this.#budget.take(descriptor.digest, blob.size);
    const entries = await withFile(
      () => blob.path,
      (path) => entriesOf(path, blob.size),
    );
    return { layer: layerOf(descriptor, descriptor.digest), entries, hostPath: () => blob.path };
  }

  /** Bytes that came inside of another document, as a layer of their own. */
  async bytes(mediaType: string, bytes: Uint8Array, signal: AbortSignal): Promise<ReadyLayer> {
    const hex = createHash("sha256").update(bytes).digest("hex");
    const descriptor = { mediaType, digest: `sha256:${hex}` as const, size: bytes.byteLength };
    const blob = this.staging.add(
      await this.stores.content.stage(descriptor, bytesSource(bytes), { signal }),
    );
    const layer = layerOf(descriptor, descriptor.digest);
    return { layer, entries: [], hostPath: () => blob.path };
  }

  /** As many at once as the options allow. */
  each<T, R>(
    items: readonly T[],
    signal: AbortSignal,
    work: (item: T, signal: AbortSignal) => Promise<R>,
  ): Promise<R[]> {
    return concurrently(items, concurrencyOf(this.options), signal, work);
  }

  async #blob(descriptor: Descriptor, signal: AbortSignal, maxBytes: number): Promise<StagedBlob> {
    const report = reportBlob(this.options.onProgress, descriptor);
    const source = this.source.blob(descriptor);
    const blob = this.staging.add(
      await this.stores.content.stage(descriptor, source, {
        signal,
        maxBytes,
        onProgress: report.bytes,
      }),
    );
    report.finish(blob.existed);
    return blob;
  }

  async #unpack(
    descriptor: Descriptor,
    diffId: Digest,
    signal: AbortSignal,
    onProgress?: (bytes: number) => void,
  ): Promise<StagedLayer> {
    const { maxLayerBytes, maxLayerEntries: maxEntries } = this.options;
    const maxBytes = this.#budget.layerLimit(maxLayerBytes ?? MAX_LAYER_BYTES);
    const source = this.source.blob(descriptor);
    const limits = { maxBytes, maxEntries };
    const staged = this.staging.add(
      await this.stores.layers.stage(descriptor, diffId, source, { signal, onProgress, ...limits }),
    );
    const { size } = await withFile(
      () => staged.tarPath,
      (path) => stat(path),
    );
    this.#budget.take(descriptor.digest, size);
    return staged;
  }

  async #measure(
    digest: Digest,
    path: string,
    compression: Compression,
    mediaType: string,
    signal: AbortSignal,
  ): Promise<Digest> {
    const limit = this.#budget.layerLimit(this.options.maxLayerBytes ?? MAX_LAYER_BYTES);
    const hash = createHash("sha256");
    let received = 0;
    let unpacked = 0;
    const decompressor = await openDecompressor(
      compression,
      (chunk) => {
        unpacked += chunk.byteLength;
        checkUnpackedSize(digest, { received, unpacked }, limit);
        hash.update(chunk);
        return undefined;
      },
      (problem) =>
        new SafedockError(
          "ERR_LAYER_COMPRESSION",
          `The layer ${digest} does not decompress as ${compression}: ${problem}`,
          { data: { digest, mediaType } },
        ),
    );
    try {
      for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) {
        signal.throwIfAborted();
        if (!(chunk instanceof Uint8Array)) continue;
        received += chunk.byteLength;
        await decompressor.write(chunk);
      }
      await decompressor.end();
    } catch (error) {
      decompressor.discard();
      throw error;
    }
    return `sha256:${hash.digest("hex")}`;
  }
}

/** As the flattening takes it. */
export function indexedLayer(ready: ReadyLayer): IndexedLayer {
  return {
    digest: ready.layer.digest,
    get entries() {
      return ready.entries;
    },
  };
}

function readyTar(descriptor: Descriptor, staged: StagedLayer): ReadyLayer {
  return {
    layer: layerOf(descriptor, staged.diffId),
    get entries() {
      return staged.entries;
    },
    hostPath: () => staged.tarPath,
  };
}

function layerOf({ digest, mediaType, size }: Descriptor, diffId: Digest): ImageLayer {
  return { digest, diffId, mediaType, size };
}
