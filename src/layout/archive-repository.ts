import { createHash } from "node:crypto";
import { SafedockError } from "../base/errors.js";
import type { Descriptor } from "../oci/descriptor.js";
import { digestAlgorithm, digestHex, isDigest, type Digest } from "../oci/digest.js";
import { MAX_MANIFEST_BYTES } from "../oci/manifest.js";
import type {
  BlobId,
  CallOptions,
  FetchBlobOptions,
  FetchedBlob,
  FetchedManifest,
  ReadableRepository,
} from "../oci/repository.js";
import type { ArchiveFile } from "./archive-entries.js";
import { chooseImage, indexOf } from "./choose-image.js";
import type { Archive } from "./open-archive.js";

/** A blob: in the archive, or made from what is in it. */
export type ArchiveBlob = ArchiveFile | Uint8Array;

/** What an archive of some format holds. */
export interface ArchiveContent {
  /** What its index lists, with the names as annotations. */
  readonly images: readonly Descriptor[];
  blob(digest: Digest): ArchiveBlob | undefined;
}

/**
 * The images of an archive, to be read as those of a registry's repository are. `close` lets go of the
 * file.
 */
export class ArchiveRepository implements ReadableRepository {
  readonly images: readonly Descriptor[];

  constructor(
    private readonly archive: Archive,
    private readonly content: ArchiveContent,
  ) {
    this.images = content.images;
  }

  async resolve(tagOrDigest: string, options: CallOptions = {}): Promise<Descriptor> {
    return (await this.fetchManifest(tagOrDigest, options)).descriptor;
  }

  /** @throws SafedockError `ERR_SOURCE_UNSUPPORTED` for a name that it lacks, `ERR_BLOB_NOT_FOUND` */
  async fetchManifest(tagOrDigest: string, options: CallOptions = {}): Promise<FetchedManifest> {
    if (isDigest(tagOrDigest)) return this.#manifest(tagOrDigest, options);
    const image = chooseImage(this.archive.name, this.images, tagOrDigest);
    const [entry, ...others] = image.entries;
    if (others.length > 0) return indexOf(image);
    const found = await this.#manifest(entry.digest, options);
    if (found.bytes.byteLength === entry.size) return { ...found, descriptor: entry };
    throw wrongSize(entry, found.bytes.byteLength);
  }

  /** @throws SafedockError `ERR_BLOB_NOT_FOUND`, `ERR_SIZE_MISMATCH` */
  async fetchBlob(blob: BlobId, options: FetchBlobOptions = {}): Promise<FetchedBlob> {
    const { signal, offset = 0 } = options;
    signal?.throwIfAborted();
    const found = this.#blob(blob.digest);
    const size = found instanceof Uint8Array ? found.byteLength : found.size;
    if (size !== blob.size) throw wrongSize(blob, size);
    const stream =
      found instanceof Uint8Array
        ? once(found.subarray(offset))
        : this.archive.read(found, offset, signal);
    return Promise.resolve({ stream, size: Math.max(0, size - offset) });
  }

  close(): Promise<void> {
    return this.archive.close();
  }

  async #manifest(digest: Digest, { signal }: CallOptions): Promise<FetchedManifest> {
    const found = this.#blob(digest);
    let bytes = found;
    if (!(bytes instanceof Uint8Array)) {
      const { size } = bytes;
      if (size > MAX_MANIFEST_BYTES) throw tooLarge(digest, size);
      const chunks: Uint8Array[] = [];
      for await (const chunk of this.archive.read(bytes, 0, signal)) chunks.push(chunk);
      bytes = Buffer.concat(chunks);
    }
    const algorithm = digestAlgorithm(digest);
    const hex = createHash(algorithm).update(bytes).digest("hex");
    if (hex !== digestHex(digest)) throw mismatch(digest, `${algorithm}:${hex}`);
    const listed = this.images.find((image) => image.digest === digest);
    // Whoever was led here by an index knows better.
    const mediaType = listed?.mediaType ?? "application/octet-stream";
    return { descriptor: { mediaType, digest, size: bytes.byteLength }, bytes };
  }

  #blob(digest: Digest): ArchiveBlob {
    const found = this.content.blob(digest);
    if (found !== undefined) return found;
    const problem = `The archive has no blob ${digest}`;
    throw new SafedockError("ERR_BLOB_NOT_FOUND", problem, { data: { digest } });
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}

function wrongSize({ digest, size: expected }: BlobId, actual: number): SafedockError {
  return new SafedockError(
    "ERR_SIZE_MISMATCH",
    `${digest} has ${actual} bytes in the archive, not ${expected}`,
    { data: { digest, expected, actual } },
  );
}

function tooLarge(digest: Digest, size: number): SafedockError {
  const limit = MAX_MANIFEST_BYTES;
  return new SafedockError(
    "ERR_BLOB_TOO_LARGE",
    `The manifest ${digest} has ${size} bytes, not at most ${limit}`,
    { data: { digest, size, limit } },
  );
}

function mismatch(expected: Digest, actual: string): SafedockError {
  return new SafedockError("ERR_DIGEST_MISMATCH", `The manifest is ${actual}, not ${expected}`, {
    data: { expected, actual },
  });
}
