import { once } from "node:events";
import { Worker } from "node:worker_threads";

let worker: Worker | undefined;

/** The bytes of a component, or of a core module, in WebAssembly's text format; one text at a time. */
export async function componentBytes(text: string): Promise<Uint8Array> {
  worker ??= new Worker(new URL("./component-text-worker.mjs", import.meta.url), {
    stdout: true,
    stderr: true,
  });
  worker.postMessage(text);
  const [{ bytes, error }] = (await once(worker, "message")) as [
    { readonly bytes?: Uint8Array; readonly error?: string },
  ];
  if (bytes === undefined) throw new Error(`${error}\n${text}`);
  return bytes;
}

/** For the end of a test file that has used it. */
export async function endComponentTexts(): Promise<void> {
  const ended = worker;
  worker = undefined;
  await ended?.terminate();
}
