import { sourceOf } from "./byte-source.js";
import type { ByteSource } from "./incoming-exchange.js";

/** A body of the web, read chunk by chunk. */
export function bodyOf(body: ReadableStream<Uint8Array>): ByteSource {
  return sourceOf(body as AsyncIterable<Uint8Array>, (reason) => {
    // One that is being read is locked: its iterator lets go of it.
    if (!body.locked) body.cancel(reason).catch(() => undefined);
  });
}

/** A guest's body as a stream of the web: nothing is read before somebody asks. */
export function streamOf(body: ByteSource): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
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
}
