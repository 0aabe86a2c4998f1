import { readSource } from "../content/blob-source.js";
import { FileSink } from "../content/file-sink.js";
import { invalidArchive } from "../layout/invalid-archive.js";
import { MAX_ARCHIVE_BYTES } from "../layout/open-archive.js";

/** What errors call bytes that have no path. */
export const STREAM_NAME = "the stream";

export interface SpoolOptions {
  readonly signal?: AbortSignal | undefined;
  /** Most bytes taken. Default that of an archive. */
  readonly maxBytes?: number | undefined;
}

/**
 * Writes a stream to a new file, since an archive is read in another order than it comes in.
 *
 * @throws SafedockError `ERR_ARCHIVE_INVALID` for too many bytes, and for chunks that are none; the signal's
 * reason; what the stream throws. There is no file then.
 */
export async function spoolSource(
  source: AsyncIterable<Uint8Array>,
  path: string,
  { signal, maxBytes = MAX_ARCHIVE_BYTES }: SpoolOptions,
): Promise<void> {
  const never = new AbortController();
  const sink = await FileSink.create(path);
  try {
    let bytes = 0;
    for await (const chunk of readSource(() => checked(source), signal ?? never.signal)) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) throw invalidArchive(STREAM_NAME, `it has more than ${maxBytes} bytes`);
      await sink.write(chunk);
    }
    await sink.close();
  } catch (error) {
    await sink.discard();
    throw error;
  }
}

/** A text stream gives strings, whatever its type says. */
async function* checked(source: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    if (!(chunk instanceof Uint8Array)) {
      throw invalidArchive(STREAM_NAME, `it gives ${typeof chunk}s in place of bytes`);
    }
    yield chunk;
  }
}
