/**
 * Hands the app what its own listener threw, as an uncaught exception, as an emitter of Node would; the
 * work in the midst of which the listener was called goes on.
 */
export function throwLater(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}
