import { setMaxListeners } from "node:events";

/**
 * Runs `work` for every item, `limit` at once, and gives the results in the items' order. The first
 * failure aborts the others; it is thrown when all have come to an end, so that they have cleaned up.
 */
export async function concurrently<T, R>(
  items: readonly T[],
  limit: number,
  signal: AbortSignal | undefined,
  work: (item: T, signal: AbortSignal) => Promise<R>,
): Promise<R[]> {
  const controller = new AbortController();
  const all =
    signal === undefined ? controller.signal : AbortSignal.any([signal, controller.signal]);
  // Each connection listens, and so does whoever waits: more than ten of them are no leak.
  setMaxListeners(0, all);
  const results: R[] = [];
  const failures: unknown[] = [];
  const queue = items.entries();
  const lane = async (): Promise<void> => {
    for (const [index, item] of queue) {
      if (failures.length > 0) return;
      try {
        results[index] = await work(item, all);
      } catch (error) {
        failures.push(error);
        controller.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane));
  if (failures.length > 0) throw failures[0];
  return results;
}

/** Two pieces of work at once, as {@link concurrently} does it. */
export async function both<A, B>(
  signal: AbortSignal | undefined,
  first: (signal: AbortSignal) => Promise<A>,
  second: (signal: AbortSignal) => Promise<B>,
): Promise<[A, B]> {
  const controller = new AbortController();
  const all =
    signal === undefined ? controller.signal : AbortSignal.any([signal, controller.signal]);
  const failures: unknown[] = [];
  const settle = async <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    try {
      return await work(all);
    } catch (error) {
      failures.push(error);
      controller.abort(error);
      throw error;
    }
  };
  const [a, b] = await Promise.allSettled([settle(first), settle(second)]);
  if (a.status === "fulfilled" && b.status === "fulfilled") return [a.value, b.value];
  throw failures[0];
}
