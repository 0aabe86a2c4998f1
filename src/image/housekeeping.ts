import { readdir, rm, writeFile } from "node:fs/promises";
import { SafedockError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import type { ContentStore } from "../content/content-store.js";
import { digestHex, parseDigest, type Digest } from "../oci/digest.js";
import { formatReference, parseReference } from "../oci/reference.js";
import { findGarbage, removeFiles, sizeOf } from "./find-garbage.js";
import type {
  PruneOptions,
  PruneReport,
  RemovedImage,
  RemoveImageOptions,
  StoreUsage,
} from "./housekeeping-options.js";
import { imageNotFound, looksLikeDigest } from "./image-name.js";
import type { ImageRecord } from "./image-record.js";
import { partsOfImage } from "./parts-of-image.js";
import { nameOfReference, type RecordStore } from "./record-store.js";
import { storeUsage } from "./store-usage.js";
import { checkNamedDigest } from "./check-named-digest.js";

/** The ids of containers that use an image; `undefined` if nothing does. */
export type UsersOf = (digest: Digest) => readonly string[] | undefined;

/** What is done to images that are in a store. */
export class Housekeeping {
  constructor(
    private readonly content: ContentStore,
    private readonly records: RecordStore,
  ) {}

  /**
   * Drops a reference, and the image with its last one; by digest, the image with all its references.
   *
   * @throws SafedockError `ERR_IMAGE_NOT_FOUND`, `ERR_IMAGE_IN_USE`, `ERR_REFERENCE_INVALID`,
   * `ERR_DIGEST_INVALID`
   */
  async remove(
    name: string,
    { force = false, collect = true }: RemoveImageOptions,
    usersOf: UsersOf,
  ): Promise<RemovedImage> {
    const reference = looksLikeDigest(name) ? undefined : formatReference(parseReference(name));
    const wanted = reference === undefined ? parseDigest(name) : undefined;
    return this.content.leases.collect(async () => {
      // First: who lets go of a lease after this has written his reference before the next line.
      const leased = await this.content.leases.read();
      const all = await this.records.references();
      const digest = wanted ?? all.find((known) => known.reference === reference)?.digest;
      if (digest === undefined) throw imageNotFound(name);
      const record = await this.records.byDigest(digest);
      if (record === undefined && wanted !== undefined) throw imageNotFound(name);
      const names = all.filter((known) => known.digest === digest).map((known) => known.reference);
      const dropped = reference === undefined ? names : [reference];
      if (dropped.length < names.length) {
        await this.records.removeReferences(dropped);
        return { references: dropped, blobs: 0, bytes: 0 };
      }
      const users = force ? undefined : usersOf(digest);
      if (users !== undefined) throw inUse(name, users);
      await this.records.removeReferences(dropped);
      // Somebody pulls or names it at this moment, and may be about to point a reference to it.
      if (leased.work.has(digest)) return { references: dropped, blobs: 0, bytes: 0 };
      await this.records.removeRecord(digest);
      await rm(this.content.layout.pin(digest), { force: true });
      const freed = collect ? await this.#collect() : { blobs: 0, bytes: 0 };
      return { references: dropped, digest, ...freed };
    });
  }

  /** Drops images that nobody names or uses, then all that no image needs. */
  async prune(options: PruneOptions): Promise<PruneReport> {
    const { all = false, olderThanMs = 0, dryRun = false, signal } = options;
    const { content, records } = this;
    const before = Date.now() - olderThanMs;
    return content.leases.collect(async () => {
      const leased = await content.leases.read();
      const pinned = await this.pins();
      const images = await records.records();
      const references = await records.references();
      const dropped = new Map<Digest, string[]>();
      for (const { digest, createdAt } of images) {
        const names = references.filter((known) => known.digest === digest);
        if (names.length > 0 && !all) continue;
        if (pinned.has(digest) || leased.use.has(digest) || leased.work.has(digest)) continue;
        if (Date.parse(createdAt) > before) continue;
        dropped.set(
          digest,
          names.map(({ reference }) => reference),
        );
      }
      const garbage = await findGarbage(content, images, new Set(dropped.keys()), leased);
      let bytes = garbage.reduce((sum, file) => sum + file.bytes, 0);
      for (const [digest, names] of dropped) bytes += await this.#namesSize(digest, names);
      if (!dryRun) {
        signal?.throwIfAborted();
        for (const [digest, names] of dropped) {
          await records.removeReferences(names);
          await records.removeRecord(digest);
        }
        await removeFiles(garbage);
        await content.temporary.sweep();
      }
      return {
        images: [...dropped].map(([digest, names]) => ({ digest, references: names })),
        blobs: garbage.filter(({ kind }) => kind === "blob").length,
        bytes,
      };
    }, signal);
  }

  /**
   * Gives an image one more reference, which may have named another one before.
   *
   * @throws SafedockError `ERR_IMAGE_NOT_FOUND`; `ERR_DIGEST_MISMATCH` for a reference with the digest of
   * another image, which would pass for that one from then on
   */
  async tag(source: ImageRecord, reference: string): Promise<ImageRecord> {
    checkNamedDigest(reference, [source.digest, ...(source.indexes ?? [])]);
    const full = formatReference(parseReference(reference));
    return this.#withRecord(source, async () => {
      await this.records.point(full, source.digest);
      return { ...source, reference: full };
    });
  }

  /** Keeps an image from `prune`, or no longer. */
  async pin(record: ImageRecord, pinned: boolean): Promise<void> {
    const path = this.content.layout.pin(record.digest);
    if (!pinned) return rm(path, { force: true });
    await this.#withRecord(record, () => writeFile(path, ""));
  }

  /** What each image takes on disk. */
  async usage(): Promise<StoreUsage> {
    return storeUsage(this.content, this.records, await this.pins());
  }

  /** The images that are pinned. */
  async pins(): Promise<ReadonlySet<Digest>> {
    const names = await readdir(this.content.layout.pins);
    return new Set(names.map((hex): Digest => `${hex.length > 64 ? "sha512" : "sha256"}:${hex}`));
  }

  /** Does something for an image that must not be collected before it is done. */
  async #withRecord<T>(record: ImageRecord, work: () => Promise<T>): Promise<T> {
    const lease = await this.content.leases.hold(await partsOfImage(this.content, record));
    try {
      // It may have gone before the lease was there.
      if ((await this.records.byDigest(record.digest)) === undefined) {
        throw imageNotFound(record.reference ?? record.digest);
      }
      return await work();
    } finally {
      await lease.release();
    }
  }

  async #collect(): Promise<{ readonly blobs: number; readonly bytes: number }> {
    const leased = await this.content.leases.read();
    const images = await this.records.records();
    const garbage = await findGarbage(this.content, images, new Set(), leased);
    await removeFiles(garbage);
    return {
      blobs: garbage.filter(({ kind }) => kind === "blob").length,
      bytes: garbage.reduce((sum, file) => sum + file.bytes, 0),
    };
  }

  async #namesSize(digest: Digest, references: readonly string[]): Promise<number> {
    const { layout } = this.content;
    let bytes = await sizeOf({ kind: "image", digest, path: layout.image(digest) });
    for (const reference of references) {
      const name = nameOfReference(reference);
      const path = `${layout.references}/${digestHex(name)}.json`;
      bytes += await sizeOf({ kind: "reference", digest: name, path });
    }
    return bytes;
  }
}

function inUse(name: string, containers: readonly string[]): SafedockError {
  const reference = printable(name);
  const what = containers.length === 0 ? "a run" : `container ${containers.join(", ")}`;
  return new SafedockError("ERR_IMAGE_IN_USE", `The image ${reference} is used by ${what}`, {
    data: { reference, containers },
    hint: "remove the container first, or pass force: true",
  });
}
