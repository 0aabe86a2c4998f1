import { untilAborted } from "../base/until-aborted.js";

/** Opens a stream of a blob's bytes, from its first on. Called at most once, and not at all when the store has the blob. */
export type BlobSource = (context: {
  readonly signal: AbortSignal;
}) => AsyncIterable<Uint8Array> | Promise<AsyncIterable<Uint8Array>>;

/** Follows another's bytes as they come in, before they are known to be right. */
export interface BlobTap {
  write(chunk: Uint8Array): Promise<void> | undefined;
  /** All bytes have come and are verified. */
  end(): Promise<void>;
  /** Something failed, here or elsewhere: nothing may be left. */
  discard(): Promise<void>;
}

/** Largest piece handled in one turn of the event loop, in bytes: it takes about 0.2 ms to hash. */
const PIECE_BYTES = 256 * 1024;

/** The source's bytes in pieces of bounded size; ends with the signal's reason even if the source hangs. */
export async function* readSource(
  source: BlobSource,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const stream = await untilAborted(Promise.resolve(source({ signal })), signal);
  const iterator = stream[Symbol.asyncIterator]();
  // One listener for the whole stream: one for each chunk costs as much as hashing it.
  let stop: (reason: unknown) => void = () => undefined;
  const onAbort = (): void => stop(signal.reason);
  signal.addEventListener("abort", onAbort);
  let finished = false;
  try {
    for (;;) {
      signal.throwIfAborted();
      const next = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
        stop = reject;
        iterator.next().then(resolve, reject);
      });
      if (next.done === true) {
        finished = true;
        return;
      }
      for (let at = 0; at < next.value.byteLength; at += PIECE_BYTES) {
        yield next.value.subarray(at, at + PIECE_BYTES);
      }
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    // A source that hangs would never answer, so it is told and not waited for.
    if (!finished) iterator.return?.().catch(() => undefined);
  }
}

/** A source of bytes that are in memory already. */
export function bytesSource(bytes: Uint8Array): BlobSource {
  return async function* source() {
    yield await Promise.resolve(bytes);
  };
}
