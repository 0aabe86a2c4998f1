import { coversRanges, isPublic } from "../http/address-rules.js";
import type { CheckedHttpGrant } from "../http/http-grant.js";
import { coversOrigin, parseOrigin } from "../http/origin.js";
import { isBelow } from "../http/path-prefix.js";
import type { Comparison } from "./grant-width.js";

/** A grant of requests, or what an image asks for: it cannot say addresses or values of credentials. */
export type ComparedHttp = CheckedHttpGrant & { readonly isAsked: boolean };

const SIZES = [
  "redirects",
  "maxRequestBytes",
  "maxResponseBytes",
  "timeoutMs",
  "idleTimeoutMs",
  "ratePerSecond",
  "maxConcurrent",
] as const;

/** Whether the first grant allows all that the second does. */
export function coversHttp(wide: ComparedHttp, narrow: ComparedHttp): boolean {
  const [wideOrigin, narrowOrigin] = [parseOrigin(wide.origin), parseOrigin(narrow.origin)];
  if (wideOrigin === undefined || narrowOrigin === undefined) return false;
  const isAsked = wide.isAsked || narrow.isAsked;
  return (
    coversOrigin(wideOrigin, narrowOrigin) &&
    coversMethods(wide.methods, narrow.methods) &&
    coversPrefix(wide.pathPrefix, narrow.pathPrefix) &&
    coversHeaders(wide.headers, narrow.headers) &&
    [...narrow.credentials].every(([name, value]) =>
      isAsked ? wide.credentials.has(name) : wide.credentials.get(name) === value,
    ) &&
    (isAsked || coversAddresses(wide.addresses, narrow.addresses)) &&
    (isAsked || wide.proxy || !narrow.proxy) &&
    SIZES.every((size) => wide[size] >= narrow[size])
  );
}

/** Which list allows more; each grant is looked for in one of the other's. */
export function compareHttp(
  old: readonly ComparedHttp[],
  next: readonly ComparedHttp[],
): Comparison {
  const isLess = next.every((grant) => old.some((other) => coversHttp(other, grant)));
  const isMore = old.every((grant) => next.some((other) => coversHttp(other, grant)));
  if (isLess) return isMore ? 0 : -1;
  return isMore ? 1 : undefined;
}

/** In words, such as `GET, POST /v1/ with authorization`. */
export function httpText({
  methods,
  pathPrefix,
  credentials,
  addresses,
  proxy,
  isAsked,
  ...rest
}: ComparedHttp): string {
  const { headers, redirects, maxRequestBytes, maxResponseBytes } = rest;
  return [
    methods === "any" ? "any method" : methods.join(", "),
    pathPrefix,
    ...(credentials.size === 0 ? [] : [`with ${[...credentials.keys()].join(", ")}`]),
    ...(headers === undefined ? [] : [`headers ${headers.join(", ") || "none"}`]),
    ...(isAsked || addresses === "public" ? [] : [`addresses ${[addresses].flat().join(", ")}`]),
    ...(proxy && !isAsked ? ["by a proxy"] : []),
    ...(redirects === 0 ? [] : [`${redirects} redirects`]),
    `${maxRequestBytes} bytes out, ${maxResponseBytes} in`,
  ].join("; ");
}

function coversMethods(
  wide: CheckedHttpGrant["methods"],
  narrow: CheckedHttpGrant["methods"],
): boolean {
  if (wide === "any") return true;
  return narrow !== "any" && narrow.every((method) => wide.includes(method));
}

function coversPrefix(wide: string, narrow: string): boolean {
  return wide === narrow || isBelow(wide, narrow);
}

/** All but cookies, where nothing is said. */
function coversHeaders(
  wide: readonly string[] | undefined,
  narrow: readonly string[] | undefined,
): boolean {
  if (wide === undefined) {
    return narrow === undefined || !narrow.some((name) => name === "cookie" || name === "cookie2");
  }
  return narrow?.every((name) => wide.includes(name)) ?? false;
}

const EVERYWHERE = ["0.0.0.0/0", "::/0"];

function coversAddresses(
  wide: CheckedHttpGrant["addresses"],
  narrow: CheckedHttpGrant["addresses"],
): boolean {
  if (wide === "any" || wide === narrow) return true;
  const ranges = typeof narrow === "string" ? EVERYWHERE : narrow;
  if (wide !== "public") return coversRanges(wide, ranges);
  // Of a range nobody says here whether all of it is public; of one address it is known.
  return ranges.every((range) => {
    const [address = "", bits] = range.split("/");
    return bits === (address.includes(":") ? "128" : "32") && isPublic(address);
  });
}
