import { createReadStream } from "node:fs";
import { mkdir, readFile, rename, rm, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { SafedockError } from "../base/errors.js";
import type { Digest } from "../oci/digest.js";
import type { BlobSource, BlobTap } from "./blob-source.js";
import { FileSink } from "./file-sink.js";
import { Leases, type Lease } from "./leases.js";
import { errorCodeOf } from "./process-identity.js";
import {
  hashOf,
  hexOf,
  receiveBlob,
  tooLarge,
  wrongSize,
  type ExpectedBlob,
  type Follower,
} from "./receive-blob.js";
import { SharedFlights, type FlightContext, type Hold } from "./shared-flights.js";
import { StoreLayout } from "./store-layout.js";
import { TemporaryFolder } from "./temporary-folder.js";

/** Largest blob taken, in bytes: a layer of 4 GiB is far above any WebAssembly image. */
export const MAX_BLOB_BYTES = 4 * 2 ** 30;

export interface StageOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called with the bytes received so far, also for a caller who joined another's flight. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
  /** Largest size accepted, in bytes; default {@link MAX_BLOB_BYTES}. */
  readonly maxBytes?: number | undefined;
  /** Follows the bytes, if it is this call that reads them. */
  readonly tap?: BlobTap | undefined;
}

/** A verified blob that a caller holds. It is invisible to others until `commit`. */
export interface StagedBlob {
  readonly digest: Digest;
  readonly size: number;
  /** Where the bytes are now: they move when the blob is committed. */
  readonly path: string;
  /** Tells whether the store had the blob before. */
  readonly existed: boolean;
  /** Puts the blob into the store, for good. */
  commit(): Promise<void>;
  /** Lets go of it; a blob that nobody has committed is removed. Also needed after `commit`. */
  release(): Promise<void>;
}

interface Staged {
  path: string;
  committed: Promise<void> | undefined;
  readonly existed: boolean;
}

/**
 * Content-addressed blobs on disk. The life of a blob: ingest → verify → commit.
 *
 * - `stage` streams the bytes into a temporary file and checks size and digest on the way. The blob can
 *   be read where it lies, and is invisible to others.
 * - `commit` renames it to its digest: it is there in full or not at all, at any moment and for any
 *   number of processes; two that commit the same blob commit the same bytes.
 * - `release` lets go. What was not committed by anybody is gone then.
 * - Within a process a digest has one flight: others join it, and one caller's abort ends his wait alone.
 *
 * @example
 * ```ts
 * const content = await ContentStore.open("./.safedock");
 * await content.ingest({ digest, size }, () => createReadStream("layer.tar"));
 * const bytes = await content.read(digest, { maxBytes: 2 ** 20 });
 * ```
 */
export class ContentStore {
  readonly #flights: SharedFlights<Staged>;

  private constructor(
    readonly layout: StoreLayout,
    readonly temporary: TemporaryFolder,
    readonly leases: Leases,
  ) {
    this.#flights = new SharedFlights(async (staged) => {
      if (staged.committed === undefined) await rm(staged.path, { force: true });
    });
  }

  /**
   * Opens the store in a folder of the host, which is made if need be, and removes what dead processes
   * left unfinished.
   *
   * @throws SafedockError `ERR_STORE_INVALID` if the folder cannot be made or used.
   */
  static async open(root: string): Promise<ContentStore> {
    const layout = new StoreLayout(resolve(root));
    try {
      await Promise.all(
        layout.folders().map((folder) => mkdir(folder, { recursive: true, mode: 0o700 })),
      );
      const [temporary, leases] = await Promise.all([
        TemporaryFolder.open(layout.temp),
        Leases.open(layout),
      ]);
      return new ContentStore(layout, temporary, leases);
    } catch (error) {
      throw new SafedockError("ERR_STORE_INVALID", `The store ${layout.root} cannot be opened`, {
        data: { path: layout.root },
        hint: "name a folder that this user may write",
        cause: error,
      });
    }
  }

  /** Host path of a blob, there or not. */
  path(digest: Digest): string {
    return this.layout.blob(digest);
  }

  async has(digest: Digest): Promise<boolean> {
    return (await this.#sizeOf(digest)) !== undefined;
  }

  /**
   * Reads a small blob and verifies it once more.
   *
   * @throws SafedockError `ERR_BLOB_NOT_FOUND`, `ERR_BLOB_TOO_LARGE`, `ERR_STORE_INVALID` if it was
   * damaged on disk.
   */
  async read(digest: Digest, options: { readonly maxBytes: number }): Promise<Uint8Array> {
    const size = await this.#sizeOf(digest);
    if (size === undefined) throw notFound(digest);
    if (size > options.maxBytes) throw tooLarge(digest, size, options.maxBytes);
    const path = this.path(digest);
    const bytes = await readFile(path);
    if (hashOf(digest).update(bytes).digest("hex") !== hexOf(digest)) throw damaged(path);
    return bytes;
  }

  /** Reads a small blob that is staged and not committed yet; it was verified a moment ago. */
  async readStaged(blob: StagedBlob): Promise<Uint8Array> {
    return readFile(blob.path);
  }

  /**
   * A stream of a blob's bytes, not verified again.
   *
   * @throws SafedockError `ERR_BLOB_NOT_FOUND`
   */
  async openRead(digest: Digest): Promise<AsyncIterable<Uint8Array>> {
    if (!(await this.has(digest))) throw notFound(digest);
    return createReadStream(this.path(digest), { highWaterMark: 256 * 1024 });
  }

  /** {@link stage}, then commit. Tells whether the store had the blob before. */
  async ingest(
    expected: ExpectedBlob,
    source: BlobSource,
    options: StageOptions = {},
  ): Promise<{ readonly existed: boolean }> {
    const blob = await this.stage(expected, source, options);
    try {
      await blob.commit();
      return { existed: blob.existed };
    } finally {
      await blob.release();
    }
  }

  /**
   * Brings a blob in, verified and not committed.
   *
   * @throws SafedockError `ERR_DIGEST_MISMATCH`, `ERR_SIZE_MISMATCH` (also for trailing bytes),
   * `ERR_BLOB_TOO_LARGE`; the signal's reason; whatever the source or the tap throws. Nothing is left
   * behind then.
   */
  async stage(
    expected: ExpectedBlob,
    source: BlobSource,
    options: StageOptions = {},
  ): Promise<StagedBlob> {
    const { digest, size } = expected;
    const limit = options.maxBytes ?? MAX_BLOB_BYTES;
    if (size > limit) throw tooLarge(digest, size, limit);
    // Until it is released: a record that names it is there by then, or nobody wants it.
    const lease = await this.leases.hold([digest], options.signal);
    try {
      return await this.#stage(expected, source, options, lease);
    } catch (error) {
      await lease.release();
      throw error;
    }
  }

  async #stage(
    expected: ExpectedBlob,
    source: BlobSource,
    options: StageOptions,
    lease: Lease,
  ): Promise<StagedBlob> {
    const { digest, size } = expected;
    const follower: Follower = { tap: options.tap, failure: undefined };
    // Two manifests may lie about one digest in different ways: those are two flights.
    const hold = await this.#flights.acquire(
      `${digest} ${size}`,
      (context) => this.#fetch(expected, source, follower, context),
      options,
    );
    if (follower.failure === undefined) return this.#handle(expected, hold, lease);
    // The bytes are right, and others may want them: what the tap found is its caller's affair alone.
    await options.tap?.discard();
    await hold.release();
    throw follower.failure.error;
  }

  #handle({ digest, size }: ExpectedBlob, hold: Hold<Staged>, lease: Lease): StagedBlob {
    const staged = hold.value;
    return {
      digest,
      size,
      get path() {
        return staged.path;
      },
      existed: staged.existed,
      commit: () => (staged.committed ??= this.#commit(digest, staged)),
      release: async () => {
        await hold.release();
        await lease.release();
      },
    };
  }

  async #commit(digest: Digest, staged: Staged): Promise<void> {
    const path = this.path(digest);
    try {
      await rename(staged.path, path);
    } catch (error) {
      // Windows refuses to replace what another process has put there; it is the same blob.
      if ((await this.#sizeOf(digest)) === undefined) {
        staged.committed = undefined;
        throw error;
      }
      await rm(staged.path, { force: true });
    }
    staged.path = path;
  }

  async #fetch(
    expected: ExpectedBlob,
    source: BlobSource,
    follower: Follower,
    context: FlightContext,
  ): Promise<Staged> {
    const { digest, size } = expected;
    const known = await this.#sizeOf(digest);
    if (known !== undefined) {
      if (known !== size) throw wrongSize(digest, size, known);
      return { path: this.path(digest), committed: Promise.resolve(), existed: true };
    }
    const sink = await FileSink.create(this.temporary.newPath());
    try {
      await receiveBlob(expected, source, sink, follower, context);
      await sink.close();
      return { path: sink.path, committed: undefined, existed: false };
    } catch (error) {
      await sink.discard();
      await follower.tap?.discard();
      throw error;
    }
  }

  async #sizeOf(digest: Digest): Promise<number | undefined> {
    try {
      const found = await stat(this.path(digest));
      return found.isFile() ? found.size : undefined;
    } catch (error) {
      if (errorCodeOf(error) === "ENOENT") return undefined;
      throw error;
    }
  }
}

function notFound(digest: Digest): SafedockError {
  return new SafedockError("ERR_BLOB_NOT_FOUND", `The store has no blob ${digest}`, {
    data: { digest },
    hint: "pull or load the image again",
  });
}

function damaged(path: string): SafedockError {
  return new SafedockError("ERR_STORE_INVALID", `The stored blob ${path} is damaged`, {
    data: { path },
    hint: "remove the file and pull the image again",
  });
}
