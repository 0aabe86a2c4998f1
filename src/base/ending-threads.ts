import type { Worker } from "node:worker_threads";

const ending = new Set<Promise<unknown>>();

/** Ends a thread that nobody waits for: it may take V8 a second, and does not keep the app alive. */
export function endLater(worker: Worker): Promise<unknown> {
  worker.unref();
  const ended = worker.terminate().finally(() => ending.delete(ended));
  ending.add(ended);
  return ended;
}

/** Waits until all threads are gone that were ended so. */
export async function threadsEnded(): Promise<void> {
  await Promise.all(ending);
}
