import type { ImageStore } from "../image/image-store.js";
import { Image } from "./image.js";

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
  readonly #assertOpen: () => void;

  /** @internal */
  constructor(store: ImageStore, assertOpen: () => void) {
    this.#store = store;
    this.#assertOpen = assertOpen;
  }

  /**
   * An image by reference or by manifest digest.
   *
   * @throws SafedockError `ERR_IMAGE_NOT_FOUND`, `ERR_REFERENCE_INVALID`, `ERR_DIGEST_INVALID`
   */
  async get(referenceOrDigest: string): Promise<Image> {
    this.#assertOpen();
    const record = await this.#store.get(referenceOrDigest);
    return new Image(record, this.#store.snapshot(record));
  }

  /** All images: one for each reference, and those without any. */
  async list(): Promise<Image[]> {
    this.#assertOpen();
    const records = await this.#store.list();
    return records.map((record) => new Image(record, this.#store.snapshot(record)));
  }

  /**
   * Drops a reference, and the image with its last one; by digest, the image with all its references.
   * Layers that other images share stay.
   *
   * @throws SafedockError `ERR_IMAGE_NOT_FOUND`, `ERR_REFERENCE_INVALID`, `ERR_DIGEST_INVALID`
   */
  async remove(referenceOrDigest: string): Promise<void> {
    this.#assertOpen();
    await this.#store.remove(referenceOrDigest);
  }
}
