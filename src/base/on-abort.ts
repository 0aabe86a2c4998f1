/** What waits for each signal: one listener of ours, however many runs share the signal. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `abort` once when the signal aborts; not if it has already. The answer takes that back. With a
 * listener each, Node would warn from the eleventh on, and taking back the last of n costs n steps.
 */
export function onAbort(signal: AbortSignal, abort: () => void): () => void {
  // So that the same function may wait twice.
  const call = (): void => abort();
  let calls = waiting.get(signal);
  if (calls === undefined) {
    const first = new Set<() => void>();
    calls = first;
    waiting.set(signal, first);
    signal.addEventListener("abort", () => first.forEach((each) => each()), { once: true });
  }
  calls.add(call);
  return () => calls.delete(call);
}
