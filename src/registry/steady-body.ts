import {
  DEFAULT_STALL_TIMEOUT_MS,
  MIN_BYTES_PER_STALL,
  type RegistryOptions,
} from "./registry-options.js";

/** A body that comes, but so slowly that it would never end. */
class SlowBodyError extends Error {
  /** As undici calls a body that has stopped: both are tried again. */
  readonly code = "UND_ERR_BODY_TIMEOUT";
}

/**
 * Passes a body on, and gives up one that drips: the time-out for silence alone is met by a byte a
 * minute. Only the time that we wait for the server counts, not what the reader takes.
 */
export async function* steadyBody(
  body: AsyncIterable<Uint8Array>,
  { stallTimeoutMs: windowMs = DEFAULT_STALL_TIMEOUT_MS }: Pick<RegistryOptions, "stallTimeoutMs">,
): AsyncGenerator<Uint8Array, void, undefined> {
  let waitedMs = 0;
  let bytes = 0;
  let since = performance.now();
  for await (const chunk of body) {
    waitedMs += performance.now() - since;
    bytes += chunk.byteLength;
    if (bytes >= MIN_BYTES_PER_STALL) waitedMs = bytes = 0;
    else if (waitedMs > windowMs) {
      throw new SlowBodyError(`only ${bytes} bytes came in ${Math.round(waitedMs)} ms`);
    }
    yield chunk;
    since = performance.now();
  }
}
