import { open, rm, type FileHandle } from "node:fs/promises";

/** Bytes gathered before they are written: one call for many small chunks, and little memory held. */
const BATCH_BYTES = 256 * 1024;
/** Whoever may read the store must not change its content by accident. */
const FILE_MODE = 0o444;

/** Writes one new file in batches. `close` puts it on the disk for good, `discard` removes it. */
export class FileSink {
  #batch: Uint8Array[] = [];
  #bytes = 0;
  #closed = false;
  #writing: Promise<void> | undefined;

  private constructor(
    readonly path: string,
    private readonly handle: FileHandle,
  ) {}

  /** Creates the file, which must not be there. */
  static async create(path: string): Promise<FileSink> {
    return new FileSink(path, await open(path, "wx", FILE_MODE));
  }

  /**
   * Takes a chunk, which must not change any more. One batch is written while the next is gathered; a
   * promise asks to wait for it.
   */
  write(chunk: Uint8Array): Promise<void> | undefined {
    this.#batch.push(chunk);
    this.#bytes += chunk.byteLength;
    if (this.#bytes < BATCH_BYTES) return undefined;
    const before = this.#writing;
    this.#flush();
    return before;
  }

  async close(): Promise<void> {
    this.#flush();
    await this.#writing;
    // Without this a power cut after the rename could leave a file of zeros under a good name.
    await this.handle.datasync();
    this.#closed = true;
    await this.handle.close();
  }

  /** Also after a failed `write` or `close`. */
  async discard(): Promise<void> {
    await this.#writing?.catch(() => undefined);
    if (!this.#closed) await this.handle.close().catch(() => undefined);
    this.#closed = true;
    await rm(this.path, { force: true });
  }

  #flush(): void {
    const batch = this.#batch;
    this.#batch = [];
    this.#bytes = 0;
    const before = this.#writing ?? Promise.resolve();
    this.#writing = before.then(() => this.#writeAll(batch));
    // A failure is met by the next write or by close.
    this.#writing.catch(() => undefined);
  }

  async #writeAll(chunks: Uint8Array[]): Promise<void> {
    let rest = chunks;
    while (rest.length > 0) {
      const { bytesWritten } = await this.handle.writev(rest);
      rest = without(rest, bytesWritten);
    }
  }
}

/** What is left of `chunks` behind the first `bytes`: a write may be short. */
function without(chunks: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let skip = bytes;
  const rest: Uint8Array[] = [];
  for (const chunk of chunks) {
    if (skip >= chunk.byteLength) skip -= chunk.byteLength;
    else {
      rest.push(skip === 0 ? chunk : chunk.subarray(skip));
      skip = 0;
    }
  }
  return rest;
}
