import { open, rm, type FileHandle } from "node:fs/promises";
import { FileSink } from "../content/file-sink.js";
import { openDecompressor } from "../layer/decompressor.js";
import type { LayerEntry } from "../layer/layer-entry.js";
import { TarIndexer } from "../layer/tar-indexer.js";
import type { Compression } from "../oci/media-types.js";
import { ArchiveEntries, type ArchiveFile } from "./archive-entries.js";
import { invalidArchive } from "./invalid-archive.js";
import { ARCHIVE_HEAD_BYTES, archiveCompression } from "./sniff-archive.js";

/** Largest archive, uncompressed, in bytes: four images of the largest size that are taken. */
export const MAX_ARCHIVE_BYTES = 32 * 2 ** 30;
/** Most entries of an archive: it has a few for each layer, and none for the files in them. */
const MAX_ENTRIES = 100_000;
/** Most bytes that one compressed byte may become, on average, as of a layer. */
const MAX_RATIO = 200;
/** Output from which on the ratio counts, in bytes. */
const RATIO_FREE_BYTES = 256 * 2 ** 20;
/** Bytes read at once. */
const PIECE_BYTES = 256 * 1024;

export interface OpenArchiveOptions {
  readonly signal?: AbortSignal | undefined;
  /** A path that nobody else uses, for what must be expanded before it can be read. */
  readonly temporaryPath: () => string;
  /** What errors call the archive. Default: its path. */
  readonly name?: string | undefined;
  /** Largest archive, uncompressed, in bytes. Default {@link MAX_ARCHIVE_BYTES}. */
  readonly maxBytes?: number | undefined;
}

/**
 * A tar on disk, indexed: its files are read where they lie. A compressed one is expanded first, into a
 * file that `close` removes.
 */
export class Archive {
  private constructor(
    readonly name: string,
    private readonly handle: FileHandle,
    private readonly entries: ArchiveEntries,
    private readonly expanded: string | undefined,
  ) {}

  /**
   * @throws SafedockError `ERR_ARCHIVE_INVALID`; the signal's reason. Nothing is left behind then.
   */
  static async open(path: string, options: OpenArchiveOptions): Promise<Archive> {
    const name = options.name ?? path;
    const reject = (problem: string) => invalidArchive(name, problem);
    let handle = await open(path, "r");
    let expanded: string | undefined;
    try {
      const compression = await sniff(handle);
      if (compression === undefined) throw reject("it is no tar archive");
      const target = compression === "none" ? undefined : options.temporaryPath();
      const entries = await index(handle, compression, target, reject, options);
      expanded = target;
      if (expanded !== undefined) {
        await handle.close();
        handle = await open(expanded, "r");
      }
      return new Archive(name, handle, new ArchiveEntries(entries, reject), expanded);
    } catch (error) {
      await handle.close();
      if (expanded !== undefined) await rm(expanded, { force: true });
      throw error;
    }
  }

  /** @throws SafedockError `ERR_ARCHIVE_INVALID` for a name or link that leads out of the archive */
  find(name: string): ArchiveFile | undefined {
    return this.entries.find(name);
  }

  /** @throws SafedockError `ERR_ARCHIVE_INVALID` if there is no such file or it is larger. */
  async readFile(name: string, maxBytes: number): Promise<Uint8Array> {
    const file = this.find(name);
    const shown = JSON.stringify(name);
    if (file === undefined) throw this.invalid(`${shown} is missing`);
    if (file.size > maxBytes) {
      throw this.invalid(`${shown} has ${file.size} bytes, the limit is ${maxBytes}`);
    }
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.read(file)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  /** @throws SafedockError `ERR_ARCHIVE_INVALID` if the file on disk has become shorter. */
  read(
    { offset, size }: ArchiveFile,
    from = 0,
    signal?: AbortSignal,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const reject = (problem: string) => this.invalid(problem);
    return readRange(this.handle, offset + from, offset + size, reject, signal);
  }

  invalid(problem: string): Error {
    return invalidArchive(this.name, problem);
  }

  async close(): Promise<void> {
    await this.handle.close();
    if (this.expanded !== undefined) await rm(this.expanded, { force: true });
  }
}

async function sniff(handle: FileHandle): Promise<Compression | undefined> {
  const head = new Uint8Array(ARCHIVE_HEAD_BYTES);
  const { bytesRead } = await handle.read(head, 0, head.byteLength, 0);
  return archiveCompression(head.subarray(0, bytesRead));
}

/** Reads the archive from its beginning to its end; writes it uncompressed to `target` if there is one. */
async function index(
  handle: FileHandle,
  compression: Compression,
  target: string | undefined,
  reject: (problem: string) => Error,
  { signal, maxBytes = MAX_ARCHIVE_BYTES }: OpenArchiveOptions,
): Promise<LayerEntry[]> {
  const indexer = new TarIndexer(reject, (count) => {
    if (count > MAX_ENTRIES) throw reject(`it has more than ${MAX_ENTRIES} entries`);
  });
  const sink = target === undefined ? undefined : await FileSink.create(target);
  let [received, bytes] = [0, 0];
  const take = (chunk: Uint8Array): Promise<void> | undefined => {
    bytes += chunk.byteLength;
    const ratioLimit = Math.max(RATIO_FREE_BYTES, received * MAX_RATIO);
    const limit = compression === "none" ? maxBytes : Math.min(maxBytes, ratioLimit);
    if (bytes > limit) throw reject(`it has more than ${limit} bytes uncompressed`);
    const written = sink?.write(chunk);
    // Joined below; a failure before that must not count as unhandled.
    written?.catch(() => undefined);
    const indexed = indexer.write(chunk);
    if (written === undefined) return indexed;
    return indexed === undefined ? written : Promise.all([written, indexed]).then(() => undefined);
  };
  const decompressor = await openDecompressor(compression, take, (problem) =>
    reject(`it does not decompress as ${compression}: ${problem}`),
  );
  try {
    for await (const chunk of readRange(handle, 0, Infinity, reject, signal)) {
      received += chunk.byteLength;
      await decompressor.write(chunk);
    }
    await decompressor.end();
    const entries = await indexer.end();
    await sink?.close();
    return entries;
  } catch (error) {
    decompressor.discard();
    indexer.discard();
    await sink?.discard();
    throw error;
  }
}

async function* readRange(
  handle: FileHandle,
  start: number,
  end: number,
  reject: (problem: string) => Error,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = start; at < end;) {
    signal?.throwIfAborted();
    const piece = Buffer.allocUnsafeSlow(Math.min(PIECE_BYTES, end - at));
    const { bytesRead } = await handle.read(piece, 0, piece.byteLength, at);
    if (bytesRead === 0 && end === Infinity) return;
    if (bytesRead === 0) throw reject("the file became shorter while it was read");
    at += bytesRead;
    yield piece.subarray(0, bytesRead);
  }
}
