import { parseRange } from "../http/address-rules.js";
import { isToken, MAX_METHOD, ownHeader } from "../http/header-rules.js";
import {
  type CheckedHttpGrant,
  DEFAULT_CONCURRENT,
  DEFAULT_IDLE_MS,
  DEFAULT_METHODS,
  DEFAULT_RATE,
  DEFAULT_REQUEST_BYTES,
  DEFAULT_RESPONSE_BYTES,
  DEFAULT_TIMEOUT_MS,
  MAX_HTTP_GRANTS,
  MAX_REDIRECTS,
} from "../http/http-grant.js";
import { parseOrigin } from "../http/origin.js";
import { parsePrefix } from "../http/path-prefix.js";
import { HIDDEN } from "./hidden-value.js";
import { MAX_BYTES, MAX_TIMEOUT_MS } from "./limits.js";
import { isRecord, type Problems, show } from "./problems.js";

const KEYS = [
  "origin",
  "methods",
  "pathPrefix",
  "headers",
  "credentials",
  "addresses",
  "proxy",
  "redirects",
  "maxRequestBytes",
  "maxResponseBytes",
  "timeoutMs",
  "idleTimeoutMs",
  "ratePerSecond",
  "maxConcurrent",
];
/** Entries of one list of a grant: methods, headers, credentials, ranges. */
const MAX_ENTRIES = 100;
/** A second of a client that does nothing else, per second. */
const MAX_RATE = 1_000_000;
/** Sockets of one container: half of what a process of Linux may open by default. */
const MAX_CONCURRENT = 512;
/** Characters of one header that the host adds. */
const MAX_CREDENTIAL = 16 * 1024;
/** Sent by a proxy of HTTP or back to the client: never what a guest asks a server for. */
const REFUSED_METHODS = ["CONNECT", "TRACE"];

export function checkHttpGrants(grants: unknown, problems: Problems): readonly CheckedHttpGrant[] {
  if (!Array.isArray(grants)) {
    problems.add(`grants.http: must be an array, not ${show(grants)}`);
    return [];
  }
  if (grants.length > MAX_HTTP_GRANTS) {
    problems.add(`grants.http: ${grants.length} grants, more than ${MAX_HTTP_GRANTS}`);
  }
  return grants.slice(0, MAX_HTTP_GRANTS).flatMap((grant: unknown, index) => {
    const at = `grants.http[${index}]`;
    if (isRecord(grant)) return [checkGrant(at, grant, problems)];
    problems.add(`${at}: must be an object, not ${show(grant)}`);
    return [];
  });
}

function checkGrant(
  at: string,
  grant: Record<string, unknown>,
  problems: Problems,
): CheckedHttpGrant {
  problems.keys(`${at}.`, grant, KEYS);
  problems.boolean(`${at}.proxy`, grant.proxy);
  const integer = (name: string, min: number, max: number, fallback: number) =>
    problems.integer(`${at}.${name}`, grant[name], min, max, fallback);
  return {
    origin: checkOrigin(`${at}.origin`, grant.origin, problems),
    methods: checkMethods(`${at}.methods`, grant.methods, problems),
    pathPrefix: checkPrefix(`${at}.pathPrefix`, grant.pathPrefix, problems),
    headers: checkHeaders(`${at}.headers`, grant.headers, problems),
    credentials: checkCredentials(`${at}.credentials`, grant.credentials, problems),
    addresses: checkAddresses(`${at}.addresses`, grant.addresses, problems),
    proxy: grant.proxy === true,
    redirects: integer("redirects", 0, MAX_REDIRECTS, 0),
    maxRequestBytes: integer("maxRequestBytes", 0, MAX_BYTES, DEFAULT_REQUEST_BYTES),
    maxResponseBytes: integer("maxResponseBytes", 0, MAX_BYTES, DEFAULT_RESPONSE_BYTES),
    timeoutMs: integer("timeoutMs", 1, MAX_TIMEOUT_MS, DEFAULT_TIMEOUT_MS),
    idleTimeoutMs: integer("idleTimeoutMs", 1, MAX_TIMEOUT_MS, DEFAULT_IDLE_MS),
    ratePerSecond: integer("ratePerSecond", 1, MAX_RATE, DEFAULT_RATE),
    maxConcurrent: integer("maxConcurrent", 1, MAX_CONCURRENT, DEFAULT_CONCURRENT),
  };
}

function checkOrigin(at: string, origin: unknown, problems: Problems): string {
  const parsed = typeof origin === "string" ? parseOrigin(origin) : undefined;
  if (parsed === undefined) {
    const wanted = "https://host or https://*.host, with a port or without";
    // What is no origin may be a URL with a password in it.
    const found = typeof origin === "string" ? "this text" : show(origin);
    problems.add(`${at}: must be ${wanted}, not ${found}`);
  }
  return parsed?.text ?? "";
}

function checkMethods(at: string, methods: unknown, problems: Problems): readonly string[] | "any" {
  if (methods === undefined) return DEFAULT_METHODS;
  if (methods === "any") return "any";
  const wanted = 'must be "any" or an array of methods in upper case';
  return checkList(at, methods, wanted, problems, (method) => {
    if (REFUSED_METHODS.includes(method)) return undefined;
    const isMethod = method.length <= MAX_METHOD && isToken(method);
    return isMethod && method === method.toUpperCase() ? method : undefined;
  });
}

function checkPrefix(at: string, prefix: unknown, problems: Problems): string {
  if (prefix === undefined) return "/";
  const parsed = typeof prefix === "string" ? parsePrefix(prefix) : undefined;
  if (parsed === undefined) {
    problems.add(`${at}: must be a path that begins with "/", without query, not ${show(prefix)}`);
  }
  return parsed ?? "/";
}

function checkHeaders(
  at: string,
  headers: unknown,
  problems: Problems,
): readonly string[] | undefined {
  if (headers === undefined) return undefined;
  const wanted = "must be an array of names of headers that are no connection's own";
  return checkList(at, headers, wanted, problems, headerName);
}

function checkAddresses(
  at: string,
  addresses: unknown,
  problems: Problems,
): CheckedHttpGrant["addresses"] {
  if (addresses === undefined || addresses === "public") return "public";
  if (addresses === "any") return "any";
  const wanted = 'must be "public", "any" or an array of ranges such as "10.0.0.0/8"';
  return checkList(at, addresses, wanted, problems, parseRange);
}

function checkList(
  at: string,
  list: unknown,
  wanted: string,
  problems: Problems,
  parse: (text: string) => string | undefined,
): readonly string[] {
  if (!Array.isArray(list) || list.length > MAX_ENTRIES) {
    problems.add(`${at}: ${wanted}, not ${show(list)}`);
    return [];
  }
  const found = new Set<string>();
  for (const [index, entry] of list.entries()) {
    const parsed = typeof entry === "string" ? parse(entry) : undefined;
    if (parsed === undefined) problems.add(`${at}[${index}]: ${wanted}, not ${show(entry)}`);
    else found.add(parsed);
  }
  return [...found];
}

/** No message holds a value. */
function checkCredentials(
  at: string,
  credentials: unknown,
  problems: Problems,
): ReadonlyMap<string, string> {
  const checked = new Map<string, string>();
  if (credentials === undefined) return checked;
  if (!isRecord(credentials) || Object.keys(credentials).length > MAX_ENTRIES) {
    problems.add(`${at}: must be an object of headers, at most ${MAX_ENTRIES}`);
    return checked;
  }
  for (const [given, entry] of Object.entries(credentials)) {
    const name = headerName(given);
    const value = isRecord(entry) && Object.keys(entry).length === 1 ? entry.secret : entry;
    if (name === undefined) {
      problems.add(`${at}: ${show(given)} is no header that can be added`);
    } else if (value === HIDDEN) {
      problems.add(`${at}.${name}: its value was hidden, give it anew`);
    } else if (typeof value !== "string" || value.length > MAX_CREDENTIAL || !isPrintable(value)) {
      problems.add(`${at}.${name}: must be a printable string or { secret }`);
    } else if (checked.has(name)) {
      problems.add(`${at}.${name}: is given twice`);
    } else checked.set(name, value);
  }
  return checked;
}

function headerName(text: string): string | undefined {
  const name = text.toLowerCase();
  return isToken(name) && !ownHeader(name) ? name : undefined;
}

function isPrintable(value: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(value) && value === value.trim();
}
