import { MAX_TIMEOUT_MS } from "./limits.js";
import { isRecord, type Problems, show } from "./problems.js";

/** How a container answers HTTP requests. */
export interface ContainerHttpOptions {
  /**
   * Keeps an instance of a component for the next request once it has answered one. What it has in its memory
   * stays then, also what another client has left there. One that traps, meets a limit or is ended by its
   * client is never used again. CGI programs run anew for each request. Default false: an instance per request.
   */
  readonly reuse?: boolean;
  /** Requests that one instance answers at most. Default 10,000. */
  readonly maxRequests?: number;
  /** Time that an instance without requests is kept, in ms. Default 10,000. */
  readonly maxIdleMs?: number;
  /** Bytes of a request's body; a longer one ends the guest. Default none: bodies are streamed. */
  readonly maxRequestBytes?: number;
  /** Bytes of an answer's body; a longer one ends the guest. Default none: bodies are streamed. */
  readonly maxResponseBytes?: number;
}

export interface CheckedHttpOptions {
  readonly reuse: boolean;
  readonly maxRequests: number;
  readonly maxIdleMs: number;
  readonly maxRequestBytes: number;
  readonly maxResponseBytes: number;
}

export const DEFAULT_HTTP_OPTIONS: CheckedHttpOptions = Object.freeze({
  reuse: false,
  // Guests leak: one that serves for long is made anew now and then.
  maxRequests: 10_000,
  // Long enough for the next of a busy client, short for a worker that others may want.
  maxIdleMs: 10_000,
  maxRequestBytes: Infinity,
  maxResponseBytes: Infinity,
});

const KEYS = [
  "reuse",
  "maxRequests",
  "maxIdleMs",
  "maxRequestBytes",
  "maxResponseBytes",
] satisfies (keyof ContainerHttpOptions)[];

export function checkHttpOptions(given: unknown, problems: Problems): CheckedHttpOptions {
  const defaults = DEFAULT_HTTP_OPTIONS;
  if (!isRecord(given)) {
    problems.add(`http: must be an object, not ${show(given)}`);
    return defaults;
  }
  problems.keys("http.", given, KEYS);
  const { reuse, maxRequests, maxIdleMs, maxRequestBytes, maxResponseBytes } = given;
  problems.boolean("http.reuse", reuse);
  const count = (name: keyof CheckedHttpOptions, value: unknown, max: number, fallback: number) =>
    problems.integer(`http.${name}`, value, 0, max, fallback);
  return {
    reuse: reuse === true,
    maxRequests: problems.integer(
      "http.maxRequests",
      maxRequests,
      1,
      Number.MAX_SAFE_INTEGER,
      defaults.maxRequests,
    ),
    maxIdleMs: count("maxIdleMs", maxIdleMs, MAX_TIMEOUT_MS, defaults.maxIdleMs),
    maxRequestBytes: count("maxRequestBytes", maxRequestBytes, Number.MAX_SAFE_INTEGER, Infinity),
    maxResponseBytes: count(
      "maxResponseBytes",
      maxResponseBytes,
      Number.MAX_SAFE_INTEGER,
      Infinity,
    ),
  };
}
