import { isUint8Array } from "node:util/types";
import type { ByteSource } from "./incoming-exchange.js";

/** A body of the web, read chunk by chunk. `notBytes`: what is wrong with a chunk that is none. */
export function bodyOf(body: ReadableStream<Uint8Array>, notBytes: () => Error): ByteSource {
  let reader: ReadableStreamDefaultReader<unknown> | undefined;
  let over = false;
  const cancel = (reason?: unknown): void => {
    if (over) return;
    over = true;
    // A read that waits ends with it.
    (reader ?? body).cancel(reason).catch(() => undefined);
  };
  return {
    async read() {
      while (!over) {
        reader ??= body.getReader();
        const { done, value } = await reader.read();
        if (done) over = true;
        else if (!isUint8Array(value)) {
          const error = notBytes();
          cancel(error);
          throw error;
        } else if (value.length > 0) return value;
      }
      return undefined;
    },
    cancel,
  };
}

/** Bodies whose streams nobody can read any more: their guests would wait for ever. */
const forgotten = new FinalizationRegistry<ByteSource>((body) => body.cancel());

/** A guest's body as a stream of the web: nothing is read before somebody asks. */
export function streamOf(body: ByteSource): ReadableStream<Uint8Array> {
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const chunk = await body.read();
        if (chunk === undefined) controller.close();
        else controller.enqueue(chunk);
      },
      cancel: (reason) => body.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  forgotten.register(stream, body);
  return stream;
}
