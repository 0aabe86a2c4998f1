import { Worker } from "node:worker_threads";

/** Bounds of work in a thread of its own. */
export interface ThreadBounds {
  /** Time for all of it, in ms. */
  readonly timeoutMs: number;
  /** Its heap, in MiB. */
  readonly heapMb: number;
}

/**
 * The one message that a thread answers with. `undefined` if it has none: it takes too long or too much
 * memory, or throws. The thread is gone then.
 *
 * @param entry - file of the thread; the bundles lie in one folder, so it is named where it is used
 * @param order - its `workerData`
 */
export async function inThread<T>(
  entry: URL,
  order: unknown,
  { timeoutMs, heapMb }: ThreadBounds,
): Promise<T | undefined> {
  const worker = new Worker(entry, {
    workerData: order,
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: heapMb },
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<T | undefined>((resolve) => {
      const fail = () => resolve(undefined);
      timer = setTimeout(fail, timeoutMs);
      worker.once("message", resolve).once("error", fail).once("exit", fail);
    });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
