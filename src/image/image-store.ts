import { stat } from "node:fs/promises";
import { SafedockError } from "../base/errors.js";
import { ContentStore } from "../content/content-store.js";
import type { LongLease } from "../content/leases.js";
import { errorCodeOf } from "../content/process-identity.js";
import { parseDigest, type Digest } from "../oci/digest.js";
import { formatReference, parseReference } from "../oci/reference.js";
import type { RegistryOptions } from "../registry/registry-options.js";
import { SnapshotStore, type Snapshot } from "../snapshot/snapshot-store.js";
import type { Housekeeping } from "./housekeeping.js";
import { imageNotFound, looksLikeDigest } from "./image-name.js";
import type { ImageRecord } from "./image-record.js";
import type { LoadImageOptions } from "./load-image.js";
import type { LoadSource } from "./load-source.js";
import type { ImageDestination, PullImageOptions, PullRegistry } from "./pull-image.js";
import { blobsOfImage, runningParts } from "./parts-of-image.js";
import { RecordStore } from "./record-store.js";
import type { OpenImage } from "./resolve-entry.js";
import type { ImageToSave, SaveImageOptions } from "./save-image.js";
import type { VerifyOptions, VerifyReport } from "./verify-report.js";
import type { ArchiveTarget } from "./write-target.js";

export interface PullOptions extends PullImageOptions {
  /** How to reach the registry. Default with the stored logins and Node's own authorities. */
  readonly registry?: RegistryOptions;
  /** A registry that is open already, in place of one opened for this call. It stays open. */
  readonly openedRegistry?: PullRegistry;
}

/**
 * The images of one folder of the host. Several processes may use it at once.
 *
 * @example
 * ```ts
 * const images = await ImageStore.open("./.safedock");
 * const image = await images.pull("ghcr.io/acme/hello:1.2");
 * const { module, args } = await resolveEntry(await images.openImage(image));
 * ```
 */
export class ImageStore {
  readonly #records: RecordStore;
  readonly #snapshots: SnapshotStore;
  #destination: ImageDestination | undefined;

  private constructor(readonly content: ContentStore) {
    this.#records = new RecordStore(content);
    this.#snapshots = new SnapshotStore(content);
  }

  /**
   * Opens the store, which is made if need be.
   *
   * @throws SafedockError `ERR_STORE_INVALID`
   */
  static async open(root: string): Promise<ImageStore> {
    return new ImageStore(await ContentStore.open(root));
  }

  /** Pulls an image; see `pullImage`. A layer that is there is not downloaded again. */
  async pull(reference: string, options: PullOptions = {}): Promise<ImageRecord> {
    const { openedRegistry, registry: registryOptions } = options;
    const { openRegistry, pastMirrors, pullImage } = await import("./take-in.js");
    const destination = await this.#openDestination();
    if (openedRegistry !== undefined) {
      return pullImage(destination, openedRegistry, reference, options);
    }
    const host = parseReference(reference).registry;
    const registry = openRegistry(host, registryOptions);
    try {
      return await pastMirrors(host, registryOptions ?? {}, () =>
        pullImage(destination, registry, reference, options),
      );
    } finally {
      await registry.close();
    }
  }

  /** Loads an image of a file, a folder or an archive; see `loadImage`. */
  async load(source: LoadSource, options: LoadImageOptions = {}): Promise<ImageRecord> {
    const { loadImage } = await import("./take-in.js");
    return loadImage(await this.#openDestination(), source, options);
  }

  /** Loads all images of a folder or an archive; see `loadImages`. */
  async loadAll(source: LoadSource, options: LoadImageOptions = {}): Promise<ImageRecord[]> {
    const { loadImages } = await import("./take-in.js");
    return loadImages(await this.#openDestination(), source, options);
  }

  /** Writes images into a folder, an archive or a stream; see `saveImages`. */
  async save(
    images: readonly ImageToSave[],
    target: ArchiveTarget,
    options: SaveImageOptions,
  ): Promise<void> {
    const { saveImages } = await import("./save-image.js");
    await saveImages(this.content, images, target, options);
  }

  /**
   * An image of the store, by its reference or its manifest's digest.
   *
   * @throws SafedockError `ERR_IMAGE_NOT_FOUND`, `ERR_REFERENCE_INVALID`, `ERR_DIGEST_INVALID`
   */
  async get(referenceOrDigest: string): Promise<ImageRecord> {
    const found = await this.find(referenceOrDigest);
    if (found === undefined) throw imageNotFound(referenceOrDigest);
    return found;
  }

  /** As `get`; `undefined` if the store has no such image. */
  async find(referenceOrDigest: string): Promise<ImageRecord | undefined> {
    return looksLikeDigest(referenceOrDigest)
      ? this.#records.byDigest(parseDigest(referenceOrDigest))
      : this.#records.byReference(formatReference(parseReference(referenceOrDigest)));
  }

  /** All images, one for each reference, and those without any. */
  list(): Promise<ImageRecord[]> {
    return this.#records.list();
  }

  /** Drops a reference or an image, whoever uses it here; see `Housekeeping.remove`. */
  async remove(referenceOrDigest: string): Promise<void> {
    await (await this.housekeeping()).remove(referenceOrDigest, {}, () => undefined);
  }

  /** What is done to images that are there: drop, name, pin, prune, measure. */
  async housekeeping(): Promise<Housekeeping> {
    const { Housekeeping } = await import("./housekeeping.js");
    return new Housekeeping(this.content, this.#records);
  }

  /**
   * Looks at every file of the store; see `verifyStore`.
   *
   * @param pull - how to reach registries, to pull again what cannot be repaired otherwise
   */
  async verify(options: VerifyOptions = {}, pull: PullOptions = {}): Promise<VerifyReport> {
    const { verifyStore } = await import("./verify-store.js");
    const pullAgain = async (name: string, digest: Digest, signal: AbortSignal | undefined) => {
      const { registry, repository } = parseReference(name);
      const exact = `${registry}/${repository}@${digest}`;
      const known = await this.find(exact);
      await this.pull(exact, { ...pull, ...(signal === undefined ? {} : { signal }) });
      // The name that was asked for leads to it, too; this one would be new.
      if (known === undefined) await this.#records.removeReferences([exact]);
    };
    return verifyStore(
      {
        content: this.content,
        records: this.#records,
        snapshots: this.#snapshots,
        destination: () => this.#openDestination(),
        pullAgain,
      },
      options,
    );
  }

  /** What an image that is made here is put together in. */
  destination(): Promise<ImageDestination> {
    return this.#openDestination();
  }

  async #openDestination(): Promise<ImageDestination> {
    const { LayerStore } = await import("./take-in.js");
    this.#destination ??= {
      content: this.content,
      layers: new LayerStore(this.content),
      snapshots: this.#snapshots,
      records: this.#records,
      isComplete: (record) => this.isComplete(record),
    };
    return this.#destination;
  }

  /** Where an image's tree and data lie: what a snapshot mount needs. */
  snapshot(record: ImageRecord): Snapshot {
    return {
      chainId: record.chainId,
      treePath: this.#snapshots.treePath(record.chainId),
      blobs: record.layers.map(({ diffId }) => this.content.path(diffId)),
    };
  }

  /**
   * Opens an image's tree.
   *
   * @throws SafedockError `ERR_STORE_INVALID`
   */
  async openImage(record: ImageRecord): Promise<OpenImage> {
    try {
      const tree = await this.#snapshots.openTree(record.chainId);
      return { record, tree, blobs: this.snapshot(record).blobs };
    } catch (error) {
      if (errorCodeOf(error) !== "ENOENT") throw error;
      const path = this.#snapshots.treePath(record.chainId);
      throw new SafedockError("ERR_STORE_INVALID", `The snapshot ${path} is missing`, {
        data: { path },
        hint: "pull or load the image again",
        cause: error,
      });
    }
  }

  /** Tells whether the store has all that a record needs. */
  async isComplete(record: ImageRecord): Promise<boolean> {
    // Written by an older version: the next pull writes it anew, from the blobs that are there.
    if (record.program === undefined) return false;
    const blobs = [...(await blobsOfImage(this.content, record))];
    const paths = blobs.map((digest) => this.content.path(digest));
    return areThere([...paths, this.#snapshots.treePath(record.chainId)]);
  }

  /**
   * Keeps an image's files while containers use them.
   *
   * @throws SafedockError `ERR_IMAGE_NOT_FOUND` if it was removed meanwhile, `ERR_STORE_INVALID` if files of
   * it are missing
   */
  async use(record: ImageRecord): Promise<LongLease> {
    const lease = await this.content.leases.use(runningParts(record));
    const { treePath, blobs } = this.snapshot(record);
    if (await areThere([treePath, ...blobs])) return lease;
    await lease.release();
    const known = await this.#records.byDigest(record.digest);
    throw known === undefined
      ? imageNotFound(record.reference ?? record.digest)
      : incomplete(record);
  }
}

async function areThere(paths: readonly string[]): Promise<boolean> {
  try {
    await Promise.all(paths.map((path) => stat(path)));
    return true;
  } catch {
    return false;
  }
}

function incomplete({ digest, reference = digest }: ImageRecord): SafedockError {
  return new SafedockError("ERR_STORE_INVALID", `Files of the image ${reference} are missing`, {
    data: { path: digest },
    hint: "pull or load the image again",
  });
}
