import { setTimeout as sleep } from "node:timers/promises";
import { Transient } from "./failure.js";
import {
  DEFAULT_RETRIES,
  DEFAULT_RETRY_DELAY_MS,
  MAX_RETRY_DELAY_MS,
  type RegistryOptions,
} from "./registry-options.js";

export type RetryOptions = Pick<RegistryOptions, "retries" | "retryDelayMs">;

/**
 * Calls `attempt` until it does not throw a {@link Transient}, pausing in between with full jitter (a
 * random part of a bound that doubles) and at least as long as `Retry-After` said. Throws the last
 * try's error, and `signal.reason` untouched.
 */
export async function withRetries<T>(
  options: RetryOptions,
  signal: AbortSignal | undefined,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Transient)) throw error;
      await pauseBeforeTry(error, tries, options, signal);
    }
  }
}

/** Pauses before the next try, or throws the failure's error when there shall be none. */
export async function pauseBeforeTry(
  failure: Transient,
  triesBefore: number,
  options: RetryOptions,
  signal: AbortSignal | undefined,
): Promise<void> {
  const wait = failure.retryAfterMs ?? 0;
  if (triesBefore >= (options.retries ?? DEFAULT_RETRIES) || wait > MAX_RETRY_DELAY_MS) {
    throw failure.error;
  }
  const bound = (options.retryDelayMs ?? DEFAULT_RETRY_DELAY_MS) * 2 ** triesBefore;
  const pause = Math.max(wait, Math.random() * Math.min(bound, MAX_RETRY_DELAY_MS));
  try {
    await sleep(pause, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
