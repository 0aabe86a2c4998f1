import { Readable } from "node:stream";
import type { OpenFiles } from "./container-host.js";

/** Bytes that wait for the reader of an export, besides one piece of 256 KiB. */
const EXPORT_BUFFER_BYTES = 64 * 1024;

/** A tar of all that a container's root shows. The files are opened when it is first read. */
export function openExport(
  open: () => Promise<OpenFiles>,
  signal: AbortSignal | undefined,
): Readable {
  async function* tar(): AsyncGenerator<Uint8Array, void, undefined> {
    const { exportTar } = await import("./container-changes.js");
    signal?.throwIfAborted();
    yield* exportTar(await open());
  }
  const stream = Readable.from(tar(), { objectMode: false, highWaterMark: EXPORT_BUFFER_BYTES });
  if (signal === undefined) return stream;
  // The reason goes to the reader untouched, whatever it is.
  const stop = (): void => void stream.destroy(signal.reason as Error);
  signal.addEventListener("abort", stop, { once: true });
  stream.once("close", () => signal.removeEventListener("abort", stop));
  if (signal.aborted) stop();
  return stream;
}
