import { createHash } from "node:crypto";
import { SafedockError } from "../base/errors.js";
import { bytesSource } from "../content/blob-source.js";
import { MAX_BLOB_BYTES, type ContentStore } from "../content/content-store.js";
import type { LayerStore } from "../layer/layer-store.js";
import type { Descriptor, Platform } from "../oci/descriptor.js";
import type { Digest } from "../oci/digest.js";
import { MAX_CONFIG_BYTES, parseImageConfig, type ImageConfig } from "../oci/image-config.js";
import { isImageConfigMediaType } from "../oci/media-types.js";
import { chainIdOf } from "../snapshot/chain-id.js";
import type { IndexedLayer } from "../snapshot/flatten-layers.js";
import type { SnapshotStore } from "../snapshot/snapshot-store.js";
import { concurrently } from "./concurrently.js";
import type { FoundManifest } from "./find-manifest.js";
import { formatOfPlatform, shapeOfManifest, type ImageFormat } from "./image-format.js";
import type { ImageLayer, ImageRecord } from "./image-record.js";
import type { ImageSource } from "./image-source.js";
import { moduleEntries, modulePath } from "./module-layer.js";
import { reportBlob, type OnPullProgress } from "./pull-progress.js";
import type { Staging } from "./staging.js";

/** Blobs fetched at once: enough to fill a line, and what registries bear (Docker takes three). */
const CONCURRENT_BLOBS = 4;
/** Largest sum of all layers of one image as the registry has them, in bytes. */
export const MAX_IMAGE_BYTES = 8 * 2 ** 30;

export interface ImageLimits {
  /** Largest sum of an image's layers as downloaded, in bytes. Default 8 GiB. */
  readonly maxImageBytes?: number;
  /** Largest layer, uncompressed, in bytes. Default 4 GiB. */
  readonly maxLayerBytes?: number;
  /** Most entries of one layer. Default 500,000. */
  readonly maxLayerEntries?: number;
}

export interface StageImageOptions extends ImageLimits {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnPullProgress | undefined;
}

export interface ImageStores {
  readonly content: ContentStore;
  readonly layers: LayerStore;
  readonly snapshots: SnapshotStore;
}

/** A layer with what the record says of it. */
interface ReadyLayer {
  readonly layer: ImageLayer;
  readonly indexed: IndexedLayer;
  readonly path?: string;
}

/**
 * Brings in all that a manifest names, and flattens it: everything is in `staging` then, nothing in the
 * store.
 *
 * @throws SafedockError what the stores throw; `ERR_CONFIG_INVALID`, `ERR_MANIFEST_UNSUPPORTED`,
 * `ERR_IMAGE_NO_WASM`
 */
export async function stageImage(
  stores: ImageStores,
  staging: Staging,
  source: ImageSource,
  found: FoundManifest,
  name: string,
  options: StageImageOptions,
): Promise<ImageRecord> {
  const { manifest, descriptor, bytes } = found;
  const shape = shapeOfManifest(manifest);
  checkSizes(descriptor.digest, manifest.layers, options);
  const { signal } = options;
  staging.add(await stores.content.stage(descriptor, bytesSource(bytes), { signal }));
  const run = new StageRun(stores, staging, source, options);
  const configBytes = await run.config(manifest.config);

  if (shape.layers === "tars") {
    const config = parseImageConfig(configBytes);
    const ready = await run.tars(manifest.layers, config.rootfs.diff_ids);
    const chainId = chainIdOf(config.rootfs.diff_ids);
    const parts = { chainId, ready, config: config.config, platform: platformOf(config) };
    return run.record(found, { ...parts, format: formatOfPlatform(config) }, name);
  }

  const isImage = isImageConfigMediaType(manifest.config.mediaType);
  const config = isImage ? parseImageConfig(configBytes) : undefined;
  const ready = await run.modules(manifest.layers);
  const [, ...words] = config?.config.Entrypoint ?? [];
  return run.record(
    found,
    {
      chainId: moduleChainId(ready),
      ready,
      config: { ...config?.config, Entrypoint: [ready[0]?.path ?? "", ...words] },
      platform: config === undefined ? artifactPlatform(configBytes) : platformOf(config),
      format: shape.format ?? "module-layers",
    },
    name,
  );
}

interface RecordParts {
  readonly chainId: Digest;
  readonly ready: readonly ReadyLayer[];
  readonly config: ImageConfig["config"];
  readonly platform: Platform;
  readonly format: ImageFormat;
}

class StageRun {
  constructor(
    private readonly stores: ImageStores,
    private readonly staging: Staging,
    private readonly source: ImageSource,
    private readonly options: StageImageOptions,
  ) {}

  async config(descriptor: Descriptor): Promise<Uint8Array> {
    const { content } = this.stores;
    const { signal, onProgress } = this.options;
    const report = reportBlob(onProgress, descriptor);
    const blob = this.staging.add(
      await content.stage(descriptor, this.source.blob(descriptor), {
        signal,
        maxBytes: MAX_CONFIG_BYTES,
      }),
    );
    report.finish(blob.existed);
    return content.readStaged(blob);
  }

  tars(layers: readonly Descriptor[], diffIds: readonly Digest[]): Promise<ReadyLayer[]> {
    if (layers.length !== diffIds.length) {
      const problem = `$.rootfs.diff_ids: has ${diffIds.length} items for ${layers.length} layers`;
      throw new SafedockError("ERR_CONFIG_INVALID", `The image config is not valid: ${problem}`, {
        data: { problem },
      });
    }
    const { maxLayerBytes: maxBytes, maxLayerEntries: maxEntries } = this.options;
    const pairs = layers.flatMap((descriptor, i) => {
      const diffId = diffIds[i];
      return diffId === undefined ? [] : [{ descriptor, diffId }];
    });
    return this.#each(pairs, async ({ diffId, descriptor }, signal) => {
      const report = reportBlob(this.options.onProgress, descriptor);
      const staged = this.staging.add(
        await this.stores.layers.stage(descriptor, diffId, this.source.blob(descriptor), {
          signal,
          maxBytes,
          maxEntries,
          onProgress: report.bytes,
        }),
      );
      report.finish(staged.existed);
      return { layer: layerOf(descriptor, diffId), indexed: staged };
    });
  }

  modules(layers: readonly Descriptor[]): Promise<ReadyLayer[]> {
    return this.#each(layers, async (descriptor, signal) => {
      const report = reportBlob(this.options.onProgress, descriptor);
      const blob = this.staging.add(
        await this.stores.content.stage(descriptor, this.source.blob(descriptor), {
          signal,
          maxBytes: this.options.maxLayerBytes ?? MAX_BLOB_BYTES,
          onProgress: report.bytes,
        }),
      );
      report.finish(blob.existed);
      const path = modulePath(descriptor);
      const entries = await moduleEntries(blob, path);
      const { digest } = descriptor;
      return { layer: layerOf(descriptor, digest), indexed: { digest, entries }, path };
    });
  }

  async record(found: FoundManifest, parts: RecordParts, name: string): Promise<ImageRecord> {
    const { chainId, ready, config, platform, format } = parts;
    const indexed = ready.map((item) => item.indexed);
    const snapshot = this.staging.add(await this.stores.snapshots.stage(chainId, indexed));
    if (snapshot.modules.length === 0) {
      throw new SafedockError("ERR_IMAGE_NO_WASM", `${name} has no WebAssembly file`, {
        data: { reference: name },
        hint: "its files begin with other bytes than those of a module or component",
      });
    }
    return {
      digest: found.descriptor.digest,
      format,
      platform: found.platform ?? platform,
      config,
      layers: ready.map((item) => item.layer),
      chainId,
      modules: snapshot.modules,
      createdAt: new Date().toISOString(),
    };
  }

  #each<T>(
    items: readonly T[],
    work: (item: T, signal: AbortSignal) => Promise<ReadyLayer>,
  ): Promise<ReadyLayer[]> {
    return concurrently(items, CONCURRENT_BLOBS, this.options.signal, work);
  }
}

function layerOf({ digest, mediaType, size }: Descriptor, diffId: Digest): ImageLayer {
  return { digest, diffId, mediaType, size };
}

function platformOf({ os, architecture, variant }: Platform): Platform {
  return { os, architecture, ...(variant !== undefined ? { variant } : {}) };
}

/** Artifacts may say which WASI they need; all of them are WebAssembly. */
function artifactPlatform(configBytes: Uint8Array): Platform {
  let os: unknown;
  try {
    const config: unknown = JSON.parse(Buffer.from(configBytes).toString("utf8"));
    os = typeof config === "object" && config !== null && "os" in config ? config.os : undefined;
  } catch {
    os = undefined;
  }
  return { os: os === "wasip1" || os === "wasip2" ? os : "wasi", architecture: "wasm" };
}

/** Such trees depend on the paths too, so their names must not be those of tars. */
function moduleChainId(ready: readonly ReadyLayer[]): Digest {
  const text = JSON.stringify(ready.map(({ layer, path }) => [layer.digest, path]));
  return `sha256:${createHash("sha256").update(`modules ${text}`).digest("hex")}`;
}

function checkSizes(digest: Digest, layers: readonly Descriptor[], options: ImageLimits): void {
  const limit = options.maxImageBytes ?? MAX_IMAGE_BYTES;
  const size = layers.reduce((sum, layer) => sum + layer.size, 0);
  if (size <= limit) return;
  throw new SafedockError(
    "ERR_BLOB_TOO_LARGE",
    `The image's layers have ${size} bytes, the limit is ${limit} bytes`,
    { data: { digest, size, limit }, hint: "raise maxImageBytes" },
  );
}
