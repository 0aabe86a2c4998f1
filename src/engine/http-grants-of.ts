import { nodeNet } from "../base/node-net.js";
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
import { addressRule, isPublic } from "../http/address-rules.js";
import { isOfOrigin, parseOrigin } from "../http/origin.js";
import { isBelow } from "../http/path-prefix.js";
import { HIDDEN } from "./hidden-value.js";

/** By field: what is not said, for it is the default. */
const DEFAULTS = {
  pathPrefix: "/",
  addresses: "public",
  proxy: false,
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

/** An {@link HttpGrant} with every default filled in, the values of credentials hidden. */
export interface ShownHttpGrant
  extends Required<Omit<HttpGrant, "headers">>, Pick<HttpGrant, "headers"> {}

export function shownHttpGrant({
  headers,
  credentials,
  ...grant
}: CheckedHttpGrant): ShownHttpGrant {
  return {
    ...grant,
    ...(headers === undefined ? undefined : { headers }),
    credentials: hidden(credentials),
  };
}

/** The least grant that would have allowed a request; `granted` is what the container was made with. */
export function httpGrantFor(
  { call, path = "", address, headers }: Denial,
  granted: readonly CheckedHttpGrant[],
): HttpGrant {
  const url = new URL(path);
  const ofOrigin = granted.filter((grant) => {
    const origin = parseOrigin(grant.origin);
    return origin !== undefined && isOfOrigin(origin, url);
  });
  const there = ofOrigin.find(({ pathPrefix }) => isBelow(pathPrefix, url.pathname));
  if (there !== undefined) return widenedGrant(there, call, address, headers);
  const [other] = ofOrigin;
  const wanted = address ?? literalAddress(url);
  const addresses =
    wanted === undefined || (other !== undefined && addressRule(other.addresses)(wanted))
      ? other?.addresses
      : [wanted];
  return {
    origin: url.origin,
    methods: [call],
    pathPrefix: url.pathname,
    ...(addresses === undefined || addresses === "public" ? undefined : { addresses }),
  };
}

/** As it is, and the method, the address or the headers with it. */
function widenedGrant(
  there: CheckedHttpGrant,
  method: string,
  address: string | undefined,
  headers: readonly string[] | undefined,
): HttpGrant {
  const { methods } = there;
  const isWanted = methods === "any" || methods.includes(method);
  return httpGrantOf({
    ...there,
    ...(isWanted ? undefined : { methods: [...methods, method] }),
    ...(address === undefined ? undefined : { addresses: widened(there, address) }),
    ...(headers === undefined
      ? undefined
      : { headers: [...new Set([...(there.headers ?? []), ...headers])] }),
  });
}

/** The address that a URL names and `"public"` leaves out. */
function literalAddress({ hostname }: URL): string | undefined {
  const address = hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
  return nodeNet().isIP(address) === 0 || isPublic(address) ? undefined : address;
}

function widened({ addresses }: CheckedHttpGrant, address: string): readonly string[] {
  return [...(typeof addresses === "string" ? [] : addresses), address];
}

function hidden(credentials: ReadonlyMap<string, string>): HttpGrant["credentials"] & object {
  return Object.fromEntries([...credentials.keys()].map((name) => [name, { secret: HIDDEN }]));
}
