import { untilAborted } from "./until-aborted.js";

/** The items of a stream until the signal is aborted: ends with its reason even if the stream hangs. */
export async function* abortable<T>(
  stream: AsyncIterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T, void, undefined> {
  const iterator = stream[Symbol.asyncIterator]();
  let finished = false;
  try {
    for (;;) {
      signal?.throwIfAborted();
      const next = await untilAborted(iterator.next(), signal);
      if (next.done === true) {
        finished = true;
        return;
      }
      yield next.value;
    }
  } finally {
    // One that hangs would never answer, so it is told and not waited for.
    if (!finished) iterator.return?.().catch(() => undefined);
  }
}
