import type { ExchangeCounts } from "./exchange.js";

/** What was sent to one origin. */
export interface HttpUse {
  /** Scheme, host and port. */
  readonly origin: string;
  /** In the order of their first use. */
  readonly methods: readonly string[];
  /** The longest path that all paths begin with, at a segment's border. */
  readonly pathPrefix: string;
  /** Requests that were granted, each hop of a redirect for itself. */
  readonly requests: number;
  /** Bytes of bodies. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

/** Origins that are kept apart: a grant with a wildcard could fill the app's memory. */
const MAX_ORIGINS = 256;
/** Methods of one origin, in the same way. */
const MAX_METHODS = 32;

interface Counted extends ExchangeCounts {
  readonly methods: Set<string>;
  pathPrefix: string;
  requests: number;
}

/** What a container's processes have sent, by origin. */
export class HttpUses {
  readonly #origins = new Map<string, Counted>();

  /** Counts a request; its bytes are added to what this gives. */
  add({ origin, pathname }: URL, method: string): ExchangeCounts {
    const known = this.#origins.get(origin);
    if (known !== undefined) {
      known.requests++;
      if (known.methods.size < MAX_METHODS) known.methods.add(method);
      known.pathPrefix = sharedPrefix(known.pathPrefix, pathname);
      return known;
    }
    const counted: Counted = {
      methods: new Set([method]),
      pathPrefix: pathname,
      requests: 1,
      sentBytes: 0,
      receivedBytes: 0,
    };
    if (this.#origins.size < MAX_ORIGINS) this.#origins.set(origin, counted);
    return counted;
  }

  list(): HttpUse[] {
    return [...this.#origins].map(([origin, { methods, ...counted }]) => ({
      origin,
      methods: [...methods],
      ...counted,
    }));
  }
}

/** `/v1/a` and `/v1/b` share `/v1/`. */
export function sharedPrefix(a: string, b: string): string {
  if (a === b) return a;
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  const isWhole = at === a.length && (a.endsWith("/") || b[at] === "/");
  return isWhole ? a : a.slice(0, a.lastIndexOf("/", at - 1) + 1);
}
