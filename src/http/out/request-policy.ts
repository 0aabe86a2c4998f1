import { HostRefusal } from "../../base/host-service.js";
import { isToken, MAX_METHOD, ownHeader } from "../header-rules.js";
import type { CheckedHttpGrant } from "../http-grant.js";
import { coversOrigin, type GrantedOrigin, isOfOrigin, parseOrigin } from "../origin.js";
import { isBelow } from "../path-prefix.js";
import { RateLimit } from "./rate-limit.js";

/** Characters of a request's URL: what servers take. */
const MAX_URL = 8 * 1024;

/** A grant at work: what is open and how fast it may go on. */
export interface ActiveGrant {
  readonly grant: CheckedHttpGrant;
  readonly origin: GrantedOrigin;
  readonly rate: RateLimit;
  /** Requests that are open; shared with the grant that it came of by narrowing. */
  readonly use: { open: number };
}

/** `before`: what was granted until now. */
export function activate(
  grant: CheckedHttpGrant,
  before: readonly ActiveGrant[],
): ActiveGrant | undefined {
  const origin = parseOrigin(grant.origin);
  if (origin === undefined) return undefined;
  const wide = before.find((other) => coversOrigin(other.origin, origin));
  return {
    grant,
    origin,
    rate: new RateLimit(grant.ratePerSecond),
    use: wide?.use ?? { open: 0 },
  };
}

/** The first grant that allows a request, whatever its headers. */
export function grantFor(
  grants: readonly ActiveGrant[],
  url: URL,
  method: string,
): ActiveGrant | undefined {
  return grants.find(
    ({ grant, origin }) =>
      isOfOrigin(origin, url) &&
      (grant.methods === "any" || grant.methods.includes(method)) &&
      isBelow(grant.pathPrefix, url.pathname),
  );
}

/** Whether a grant lets the guest set a header; `name` is in lower case. */
export function maySet({ headers }: CheckedHttpGrant, name: string): boolean {
  if (ownHeader(name)) return false;
  return headers === undefined ? name !== "cookie" && name !== "cookie2" : headers.includes(name);
}

/** Whether a grant shows the guest a header of a response: cookies only to those who may send them. */
export function mayGet({ headers }: CheckedHttpGrant, name: string): boolean {
  return name !== "set-cookie" || headers?.includes("cookie") === true;
}

/** Says which connections may be used: those of grants that may go to the same addresses in the same way. */
export function wayOf({ addresses, proxy }: CheckedHttpGrant): string {
  return `${[addresses].flat().join()}${proxy ? " by a proxy" : ""}`;
}

/** The URL that a guest means, as every check and the peer see it. */
export function readUrl(scheme: unknown, authority: unknown, pathWithQuery: unknown): URL {
  if (
    typeof scheme !== "string" ||
    typeof authority !== "string" ||
    typeof pathWithQuery !== "string" ||
    !/^https?$/i.test(scheme) ||
    // A user, a path or a space would move what comes after it to another place.
    !/^[^\s/\\?#@\p{Cc}]+$/u.test(authority) ||
    !/^(?:[/?][^\s\p{Cc}#]*)?$/u.test(pathWithQuery)
  ) {
    throw new HostRefusal("HTTP-request-URI-invalid");
  }
  if (authority.length + pathWithQuery.length > MAX_URL) {
    throw new HostRefusal("HTTP-request-URI-too-long");
  }
  const path = pathWithQuery.startsWith("/") ? pathWithQuery : `/${pathWithQuery}`;
  return parseUrl(`${scheme}://${authority}${path}`);
}

/** Where a redirect leads; undefined for what nobody can follow. */
export function readLocation(location: string, from: URL): URL | undefined {
  if (location.length > MAX_URL || /[\s\p{Cc}]/u.test(location)) return undefined;
  try {
    const url = new URL(location, from);
    url.hash = "";
    const isHttp = url.protocol === "http:" || url.protocol === "https:";
    return isHttp && url.username === "" && url.password === "" ? url : undefined;
  } catch {
    return undefined;
  }
}

export function readMethod(method: unknown): string {
  if (typeof method !== "string" || method.length > MAX_METHOD || !isToken(method)) {
    throw new HostRefusal("HTTP-request-method-invalid");
  }
  if (/^(?:connect|trace)$/i.test(method)) throw new HostRefusal("HTTP-request-denied");
  return method;
}

function parseUrl(text: string): URL {
  try {
    return new URL(text);
  } catch {
    throw new HostRefusal("HTTP-request-URI-invalid");
  }
}
