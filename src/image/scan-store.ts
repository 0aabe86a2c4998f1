import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ContentStore } from "../content/content-store.js";
import { WASM_HEAD_BYTES, wasmKind } from "../layer/wasm-kind.js";
import { isDigest, type Digest } from "../oci/digest.js";
import { layerCompression } from "../oci/media-types.js";
import { isModuleList, type SnapshotStore } from "../snapshot/snapshot-store.js";
import { checkBlob, readIfThere } from "./check-blob.js";
import { concurrently } from "../base/concurrently.js";
import { isWhole } from "../base/sealed-file.js";
import type { ImageRecord } from "./image-record.js";
import { readHead } from "./module-layer.js";
import { blobsOfImage } from "./parts-of-image.js";
import { nameOfReference, type RecordStore } from "./record-store.js";
import { storedFiles, type StoredFile, type StoredKind } from "./stored-files.js";
import type { VerifyOptions } from "./verify-report.js";

/** Blobs read at once: one is hashed while the next chunk of another comes from the disk. */
const CONCURRENT_BLOBS = 2;

export interface VerifiedStores {
  readonly content: ContentStore;
  readonly snapshots: SnapshotStore;
  readonly records: RecordStore;
}

/** A file that is not as it must be. */
export interface Finding extends StoredFile {
  readonly problem: string;
}

/** What one look at a store found. */
export interface StoreScan {
  readonly checked: number;
  readonly bytes: number;
  readonly findings: readonly Finding[];
}

/**
 * Looks at every file of a store: whether it is what it must be, and whether images have all their parts.
 *
 * @param only - paths of files: no other blobs are read, and nothing else is reported. Default all.
 */
export async function scanStore(
  stores: VerifiedStores,
  options: VerifyOptions = {},
  only?: ReadonlySet<string>,
): Promise<StoreScan> {
  const scanner = new StoreScanner(stores, options, only);
  await scanner.blobs();
  await scanner.images();
  await scanner.layers();
  await scanner.snapshots();
  await scanner.prepared();
  await scanner.references();
  return scanner.result();
}

class StoreScanner {
  #checked = 0;
  #bytes = 0;
  readonly #findings: Finding[] = [];
  readonly #blobs = new Set<Digest>();
  readonly #missing = new Set<Digest>();
  #records: readonly ImageRecord[] = [];

  constructor(
    private readonly stores: VerifiedStores,
    private readonly options: VerifyOptions,
    private readonly only: ReadonlySet<string> | undefined,
  ) {}

  result(): StoreScan {
    return { checked: this.#checked, bytes: this.#bytes, findings: this.#findings };
  }

  /** Hashes all blobs; layers' indexes are compared with their tars in the same pass. */
  async blobs(): Promise<void> {
    const files = await this.#files("blob");
    await concurrently(files, CONCURRENT_BLOBS, this.options.signal, (file, signal) =>
      this.#blob(file, signal),
    );
  }

  /** Records, and whether everything that they name is there. */
  async images(): Promise<void> {
    const { content, records } = this.stores;
    // Before the records: one that comes meanwhile is not taken for a file without a record.
    const files = await this.#files("image");
    this.#records = await records.records();
    const known = new Set(this.#records.map(({ digest }) => digest));
    for (const file of files) {
      this.#count();
      if (!known.has(file.digest)) this.#note(file, "it is no record of that image");
    }
    for (const record of this.#records) {
      for (const digest of await blobsOfImage(content, record)) {
        if (this.#blobs.has(digest) || this.#missing.has(digest)) continue;
        const file = { kind: "blob", digest, path: content.path(digest) } as const;
        // It may have come since the blobs were listed.
        await this.#blob(file, this.options.signal);
        if (this.#blobs.has(digest)) continue;
        this.#missing.add(digest);
        this.#note(file, `it is missing; the image ${record.digest} needs it`);
      }
    }
  }

  /** What compressed layers were found to hold, and whether the index of every layer is there. */
  async layers(): Promise<void> {
    const { layout } = this.stores.content;
    const held = new Map<Digest, Digest>();
    const indexed = new Map<Digest, Digest>();
    for (const { digest: image, layers } of this.#records) {
      for (const { digest, diffId, mediaType } of layers) {
        if (digest !== diffId) held.set(digest, diffId);
        if (digest !== diffId || layerCompression(mediaType) === "none") indexed.set(diffId, image);
      }
    }
    for (const file of await this.#files("unpacked")) {
      const diffId = await readIfThere(file.path);
      if (diffId === undefined) continue;
      this.#count();
      const wanted = held.get(file.digest);
      held.delete(file.digest);
      if (!isDigest(diffId)) this.#note(file, "it names no digest");
      else if (wanted !== undefined && wanted !== diffId) {
        this.#note(file, `it names ${diffId}, the layer holds ${wanted}`);
      }
    }
    for (const digest of held.keys()) {
      // Its blob has to be fetched again, and brings it along.
      if (this.#missing.has(digest)) continue;
      const path = layout.unpacked(digest);
      this.#note({ kind: "unpacked", digest, path }, "it is missing");
    }
    for (const { digest } of await this.#files("layer")) indexed.delete(digest);
    for (const [digest, image] of indexed) {
      // The media type does not tell: oras calls every file a tar.
      if (await this.#isModule(digest)) continue;
      const path = layout.layer(digest);
      this.#note({ kind: "layer", digest, path }, `it is missing; the image ${image} needs it`);
    }
  }

  async #isModule(digest: Digest): Promise<boolean> {
    const head = readHead(this.stores.content.path(digest), 0, WASM_HEAD_BYTES);
    return wasmKind(await head.catch(() => new Uint8Array())) !== undefined;
  }

  async snapshots(): Promise<void> {
    const { content, snapshots } = this.stores;
    const wanted = new Map(this.#records.map((record) => [record.chainId, record]));
    for (const file of await this.#files("snapshot")) {
      this.#count();
      const record = wanted.get(file.digest);
      wanted.delete(file.digest);
      this.#note(file, await this.#problemOfSnapshot(file, record));
    }
    for (const [digest, record] of wanted) {
      const file = { kind: "snapshot", digest, path: content.layout.snapshot(digest) } as const;
      const isThere = await snapshots.openTree(digest).then(
        () => true,
        () => false,
      );
      if (!isThere) this.#note(file, `it is missing; the image ${record.digest} needs it`);
    }
  }

  /** What was prepared of components: whether it is as it was written. */
  async prepared(): Promise<void> {
    for (const { digest, path: folder } of await this.#files("prepared")) {
      for (const name of await readdir(folder).catch(() => [])) {
        const path = join(folder, name);
        if (this.only?.has(path) === false) continue;
        const file = await readFile(path).catch(() => undefined);
        if (file === undefined) continue;
        this.#count(file.length);
        const problem = (await isWhole(file)) ? undefined : "it is not as it was written";
        this.#note({ kind: "prepared", digest, path }, problem);
      }
    }
  }

  async references(): Promise<void> {
    const { records } = this.stores;
    const files = await this.#files("reference");
    const references = await records.references();
    const named = new Map(
      references.map((reference) => [nameOfReference(reference.reference), reference]),
    );
    for (const file of files) {
      this.#count();
      const found = named.get(file.digest);
      if (found === undefined) this.#note(file, "it is no reference of that name");
      else if ((await records.byDigest(found.digest)) === undefined) {
        this.#note(file, `it names the image ${found.digest}, of which there is no record`);
      }
    }
  }

  async #blob(file: StoredFile, signal: AbortSignal | undefined): Promise<void> {
    const { layout } = this.stores.content;
    const { digest } = file;
    const index = { kind: "layer", digest, path: layout.layer(digest) } as const;
    if (this.only?.has(file.path) === false && !this.only.has(index.path)) {
      this.#blobs.add(digest);
      return;
    }
    const found = await checkBlob(layout, digest, signal);
    if (found === undefined) return;
    this.#blobs.add(digest);
    this.#count(found.bytes);
    this.#note(file, found.blob);
    this.#note(index, found.index);
  }

  async #problemOfSnapshot(
    { digest, path }: StoredFile,
    record: ImageRecord | undefined,
  ): Promise<string | undefined> {
    try {
      await this.stores.snapshots.openTree(digest);
      const text = await readFile(join(path, "modules.json"), "utf8");
      const modules: unknown = JSON.parse(text);
      if (!isModuleList(modules)) return "its list of modules is damaged";
      if (record === undefined || text === JSON.stringify(record.modules)) return undefined;
      return "its list of modules is not that of its image";
    } catch (error) {
      return error instanceof Error ? error.message : "it cannot be read";
    }
  }

  #files(kind: StoredKind): Promise<StoredFile[]> {
    this.options.signal?.throwIfAborted();
    return storedFiles(this.stores.content.layout, kind);
  }

  #count(bytes = 0): void {
    this.#checked++;
    this.#bytes += bytes;
    this.options.onProgress?.({ checked: this.#checked, bytes: this.#bytes });
  }

  #note(file: StoredFile, problem: string | undefined): void {
    if (problem === undefined || this.only?.has(file.path) === false) return;
    this.#findings.push({ ...file, problem });
  }
}
