import { open, rm, type FileHandle } from "node:fs/promises";
import type { Compression } from "../oci/media-types.js";
import { ArchiveEntries, type ArchiveFile } from "./archive-entries.js";
import { expandTar, indexTar } from "./index-archive.js";
import { invalidArchive } from "./invalid-archive.js";
import { readRange } from "./read-range.js";
import { ARCHIVE_HEAD_BYTES, archiveCompression } from "./sniff-archive.js";

/** Largest archive, uncompressed, in bytes: four images of the largest size that are taken. */
export const MAX_ARCHIVE_BYTES = 32 * 2 ** 30;
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
      const { signal, maxBytes = MAX_ARCHIVE_BYTES } = options;
      const order = { signal, maxBytes, reject };
      if (compression === "none") {
        const entries = await indexTar(handle, order);
        return new Archive(name, handle, new ArchiveEntries(entries, reject), undefined);
      }
      const target = options.temporaryPath();
      const entries = await expandTar(handle, compression, target, order);
      expanded = target;
      await handle.close();
      handle = await open(expanded, "r");
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
