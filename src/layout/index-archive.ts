import type { FileHandle } from "node:fs/promises";
import { FileSink } from "../content/file-sink.js";
import { openDecompressor } from "../layer/decompressor.js";
import type { LayerEntry } from "../layer/layer-entry.js";
import { TarGuard } from "../layer/tar-guard.js";
import { TarIndexer } from "../layer/tar-indexer.js";
import type { Compression } from "../oci/media-types.js";
import { readRange } from "./read-range.js";

/** Most entries of an archive: it has a few for each layer, and none for the files in them. */
const MAX_ENTRIES = 100_000;
/** Most bytes that one compressed byte may become, on average, as of a layer. */
const MAX_RATIO = 200;
/** Output from which on the ratio counts, in bytes. */
const RATIO_FREE_BYTES = 256 * 2 ** 20;
/** Bytes read at once of what is not skipped: many headers of small files. */
const PIECE_BYTES = 64 * 1024;
/** Stands for the data of files that are skipped: an index is made of the headers alone. */
const SKIPPED = new Uint8Array(2 ** 20);

export interface IndexOptions {
  readonly maxBytes: number;
  readonly signal: AbortSignal | undefined;
  /** Makes the error from a sentence about the archive. */
  readonly reject: (problem: string) => Error;
}

/** Indexes a plain tar; the data of large files is not read. */
export async function indexTar(
  handle: FileHandle,
  { maxBytes, signal, reject }: IndexOptions,
): Promise<LayerEntry[]> {
  const { size } = await handle.stat();
  if (size > maxBytes) throw tooLarge(maxBytes, reject);
  const indexer = newIndexer(reject);
  // Knows where the data of the last entry ends.
  const guard = new TarGuard(reject, () => undefined);
  try {
    for (let at = 0; at < size;) {
      signal?.throwIfAborted();
      const { offsets, sizes } = guard.frames;
      const dataEnd = (offsets.at(-1) ?? 0) + (sizes.at(-1) ?? 0);
      const skipped = Math.min(dataEnd, size) - at;
      let chunk: Uint8Array;
      if (skipped > 0) chunk = SKIPPED.subarray(0, skipped);
      else {
        const piece = Buffer.allocUnsafeSlow(Math.min(PIECE_BYTES, size - at));
        const { bytesRead } = await handle.read(piece, 0, piece.byteLength, at);
        if (bytesRead === 0) throw reject("the file became shorter while it was read");
        chunk = piece.subarray(0, bytesRead);
      }
      guard.write(chunk);
      await indexer.write(chunk);
      at += chunk.byteLength;
    }
    return await indexer.end();
  } catch (error) {
    indexer.discard();
    throw error;
  }
}

/** Expands a compressed tar into a new file, and indexes it on the way. */
export async function expandTar(
  handle: FileHandle,
  compression: Compression,
  target: string,
  { maxBytes, signal, reject }: IndexOptions,
): Promise<LayerEntry[]> {
  const indexer = newIndexer(reject);
  const sink = await FileSink.create(target);
  let [received, bytes] = [0, 0];
  const take = (chunk: Uint8Array): Promise<void> | undefined => {
    bytes += chunk.byteLength;
    const limit = Math.min(maxBytes, Math.max(RATIO_FREE_BYTES, received * MAX_RATIO));
    if (bytes > limit) throw tooLarge(limit, reject);
    const written = sink.write(chunk);
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
    await sink.close();
    return entries;
  } catch (error) {
    decompressor.discard();
    indexer.discard();
    await sink.discard();
    throw error;
  }
}

function newIndexer(reject: (problem: string) => Error): TarIndexer {
  return new TarIndexer(reject, (count) => {
    if (count > MAX_ENTRIES) throw reject(`it has more than ${MAX_ENTRIES} entries`);
  });
}

function tooLarge(limit: number, reject: (problem: string) => Error): Error {
  return reject(`it has more than ${limit} bytes uncompressed`);
}
