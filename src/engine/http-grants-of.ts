import type { Denial } from "../fs/denial.js";
import {
  type CheckedHttpGrant,
  DEFAULT_CONCURRENT,
  DEFAULT_IDLE_MS,
  DEFAULT_METHODS,
  DEFAULT_RATE,
  DEFAULT_REQUEST_BYTES,
  DEFAULT_RESPONSE_BYTES,
  DEFAULT_TIMEOUT_MS,
  type HttpGrant,
} from "../http/http-grant.js";
import { isOfOrigin, parseOrigin } from "../http/origin.js";
import { isBelow } from "../http/path-prefix.js";
import { HIDDEN } from "./hidden-value.js";

/** By field: what is not said, for it is the default. */
const DEFAULTS = {
  pathPrefix: "/",
  addresses: "public",
  redirects: 0,
  maxRequestBytes: DEFAULT_REQUEST_BYTES,
  maxResponseBytes: DEFAULT_RESPONSE_BYTES,
  timeoutMs: DEFAULT_TIMEOUT_MS,
  idleTimeoutMs: DEFAULT_IDLE_MS,
  ratePerSecond: DEFAULT_RATE,
  maxConcurrent: DEFAULT_CONCURRENT,
} as const;

/** A grant in its shortest form, the values of credentials hidden. */
export function httpGrantOf({
  origin,
  methods,
  headers,
  credentials,
  ...rest
}: CheckedHttpGrant): HttpGrant {
  const isDefault = methods !== "any" && methods.join() === DEFAULT_METHODS.join();
  const others = Object.entries(rest).filter(
    ([name, value]) => DEFAULTS[name as keyof typeof DEFAULTS] !== value,
  );
  return {
    origin,
    ...(isDefault ? undefined : { methods }),
    ...(headers === undefined ? undefined : { headers }),
    ...(credentials.size === 0 ? undefined : { credentials: hidden(credentials) }),
    ...Object.fromEntries(others),
  };
}

/** The least grant that would have allowed a request; `granted` is what the container was made with. */
export function httpGrantFor(
  { call, path = "", address }: Denial,
  granted: readonly CheckedHttpGrant[],
): HttpGrant {
  const url = new URL(path);
  const there = granted.find((grant) => {
    const origin = parseOrigin(grant.origin);
    return (
      origin !== undefined && isOfOrigin(origin, url) && isBelow(grant.pathPrefix, url.pathname)
    );
  });
  const known = there === undefined ? undefined : httpGrantOf(there);
  const methods = new Set([...(there?.methods === "any" ? [] : (there?.methods ?? [])), call]);
  return {
    origin: url.origin,
    pathPrefix: url.pathname,
    ...known,
    methods: there?.methods === "any" ? "any" : [...methods],
    ...(address === undefined ? undefined : { addresses: widened(there, address) }),
  };
}

function widened(there: CheckedHttpGrant | undefined, address: string): readonly string[] {
  const ranges = there === undefined || typeof there.addresses === "string" ? [] : there.addresses;
  return [...ranges, address];
}

function hidden(credentials: ReadonlyMap<string, string>): HttpGrant["credentials"] & object {
  return Object.fromEntries([...credentials.keys()].map((name) => [name, { secret: HIDDEN }]));
}
