import type { ImageRecord } from "../image/image-record.js";
import type { ImageStore } from "../image/image-store.js";
import type {
  PruneOptions,
  PruneReport,
  RemovedImage,
  RemoveImageOptions,
  StoreUsage,
} from "../image/housekeeping-options.js";
import { checkPruneOptions, checkRemoveImageOptions } from "./check-housekeeping-options.js";
import { checkImage, checkText } from "./check-image.js";
import { Image } from "./image.js";
import { sweepLayers } from "./store-root.js";

/** What the images of a store ask of their engine. */
export interface ImageUsers {
  /** @throws SafedockError `ERR_ENGINE_CLOSED` */
  assertOpen(): void;
  /** Ids of the containers that use an image, none for a run; undefined if nothing uses it. */
  usersOf(digest: string): readonly string[] | undefined;
  /** Lets go of images that nothing uses now. */
  releaseIdle(): Promise<void>;
}

/**
 * The images of an engine's store: `engine.images`.
 *
 * @example
 * ```ts
 * for (const { reference, digest, size } of await engine.images.list()) console.log(reference, digest, size);
 * ```
 */
export class Images {
  readonly #store: ImageStore;
  readonly #users: ImageUsers;

  /** @internal */
  constructor(store: ImageStore, users: ImageUsers) {
    this.#store = store;
    this.#users = users;
  }

  /**
   * An image by reference or by manifest digest.
   *
   * @throws SafedockError `ERR_IMAGE_NOT_FOUND`, `ERR_REFERENCE_INVALID`, `ERR_DIGEST_INVALID`
   */
  async get(referenceOrDigest: string): Promise<Image> {
    this.#users.assertOpen();
    checkText("reference", referenceOrDigest);
    return this.#image(await this.#store.get(referenceOrDigest));
  }

  /** All images: one for each reference, and those without any. */
  async list(): Promise<Image[]> {
    this.#users.assertOpen();
    const records = await this.#store.list();
    return records.map((record) => this.#image(record));
  }

  /**
   * Gives an image one more reference. A reference that named another image is moved, as in Docker.
   *
   * @example
   * ```ts
   * const tagged = await engine.images.tag(image, "acme/hello:stable");
   * await engine.run("acme/hello:stable");
   * ```
   * @param source - an image, or the reference or digest of one.
   * @throws SafedockError `ERR_IMAGE_NOT_FOUND`, `ERR_REFERENCE_INVALID`, `ERR_DIGEST_INVALID`;
   * `ERR_DIGEST_MISMATCH` for a reference with another image's digest
   */
  async tag(source: Image | string, reference: string): Promise<Image> {
    const record = await this.#record(source);
    checkText("reference", reference);
    const housekeeping = await this.#store.housekeeping();
    return this.#image(await housekeeping.tag(record, reference));
  }

  /**
   * Drops a reference, and the image with its last one; by digest, the image with all its references. Then
   * removes what no other image needs. An image that is being pulled at this moment loses its name alone.
   *
   * @example
   * ```ts
   * await engine.images.tag(image, "acme/hello:old");
   * const { bytes } = await engine.images.remove("acme/hello:old");
   * console.log(bytes); // 0: the image has other names
   * ```
   * @throws SafedockError `ERR_IMAGE_IN_USE` if a container of this engine uses the image that would go;
   * `ERR_IMAGE_NOT_FOUND`, `ERR_REFERENCE_INVALID`, `ERR_DIGEST_INVALID`, `ERR_OPTIONS_INVALID`
   */
  async remove(referenceOrDigest: string, options: RemoveImageOptions = {}): Promise<RemovedImage> {
    this.#users.assertOpen();
    checkText("reference", referenceOrDigest);
    const read = checkRemoveImageOptions(options);
    await this.#users.releaseIdle();
    const housekeeping = await this.#store.housekeeping();
    return housekeeping.remove(referenceOrDigest, read, (digest) => this.#users.usersOf(digest));
  }

  /**
   * Removes images that have no reference (with `all`: all images), and every file that no image needs.
   * Images that are pinned, used by a container of any process, or being pulled stay. Also removes what
   * processes left that have died.
   *
   * @example
   * ```ts
   * const { images, bytes } = await engine.images.prune({ all: true, olderThanMs: 7 * 86_400_000 });
   * console.log(images.length, bytes);
   * ```
   * @throws SafedockError `ERR_OPTIONS_INVALID`; an abort rejects with `signal.reason`.
   */
  async prune(options: PruneOptions = {}): Promise<PruneReport> {
    this.#users.assertOpen();
    const read = checkPruneOptions(options);
    await this.#users.releaseIdle();
    const housekeeping = await this.#store.housekeeping();
    const report = await housekeeping.prune(read);
    if (read.dryRun !== true) await sweepLayers(this.#store.content.layout.root);
    return report;
  }

  /**
   * Keeps an image from `prune`, whatever names it has, until it is unpinned or removed by name.
   *
   * @param image - an image, or the reference or digest of one.
   * @throws SafedockError `ERR_IMAGE_NOT_FOUND`, `ERR_REFERENCE_INVALID`, `ERR_DIGEST_INVALID`
   */
  async pin(image: Image | string): Promise<void> {
    await (await this.#store.housekeeping()).pin(await this.#record(image), true);
  }

  /**
   * Undoes `pin`. Doing it twice is fine.
   *
   * @throws SafedockError `ERR_IMAGE_NOT_FOUND`, `ERR_REFERENCE_INVALID`, `ERR_DIGEST_INVALID`
   */
  async unpin(image: Image | string): Promise<void> {
    await (await this.#store.housekeeping()).pin(await this.#record(image), false);
  }

  /**
   * What images take on disk, each and together, as `docker system df` says it.
   *
   * @example
   * ```ts
   * const { images, diskBytes, reclaimableBytes } = await engine.images.usage();
   * for (const { references, uniqueBytes, sharedBytes } of images) console.log(references, uniqueBytes, sharedBytes);
   * ```
   */
  async usage(): Promise<StoreUsage> {
    this.#users.assertOpen();
    return (await this.#store.housekeeping()).usage();
  }

  async #record(image: Image | string): Promise<ImageRecord> {
    this.#users.assertOpen();
    checkImage(image);
    return typeof image === "string" ? this.#store.get(image) : image.record;
  }

  #image(record: ImageRecord): Image {
    return new Image(record, this.#store.snapshot(record));
  }
}
