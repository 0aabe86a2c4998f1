/** A request of the web's `fetch`, as a guest gets it. */
import type { HttpFields } from "../base/http-messages.js";
import { withLength } from "./byte-source.js";
import type { ByteSource, FetchOptions, IncomingRequest } from "./incoming-exchange.js";
import { contentLength, endToEnd, problemOfFields } from "./header-fields.js";
import { invalidRequest } from "./http-failure.js";
import { bodyOf } from "./web-body.js";

/** Path and query: twice what browsers and servers take. */
const MAX_PATH_BYTES = 16 * 1024;

/** The authority says where; a server has answered `expect` when the body is read. */
const OF_THE_SERVER: ReadonlySet<string> = new Set(["host", "expect"]);

/** What a path without a host is asked of. */
const DEFAULT_ORIGIN = "http://localhost";

/** As `fetch` takes them: an absolute URL, or a path, which is asked of `http://localhost`. */
export function requestOf(input: Request | string | URL, init?: RequestInit): Request {
  if (typeof input === "string" && input.startsWith("/")) {
    return new Request(`${DEFAULT_ORIGIN}${input}`, init);
  }
  return input instanceof Request && init === undefined ? input : new Request(input, init);
}

/**
 * @throws SafedockError `ERR_HTTP_REQUEST_INVALID`
 */
export function incomingOf(request: Request, options: FetchOptions = {}): IncomingRequest {
  const { protocol, host, pathname, search } = new URL(request.url);
  const body = request.body;
  if (request.bodyUsed || body?.locked === true) {
    throw invalidRequest("its body was read already, or is being read");
  }
  const headers = [...request.headers];
  return checkedRequest({
    method: request.method,
    protocol,
    authority: host,
    path: `${pathname}${search}`,
    headers,
    body: body === null ? undefined : bodyOf(body, noBytes),
    signal: request.signal,
    clientAddress: options.clientAddress,
  });
}

/** What is known of a request, wherever it comes from. */
export interface GivenRequest {
  readonly method: string;
  /** `http:` or `https:`. */
  readonly protocol: string;
  readonly authority: string;
  readonly path: string;
  readonly headers: HttpFields;
  readonly body: ByteSource | undefined;
  readonly signal: AbortSignal | undefined;
  readonly clientAddress: string | undefined;
}

/**
 * Checked against the caps, its headers without those of one connection.
 *
 * @throws SafedockError `ERR_HTTP_REQUEST_INVALID`
 */
export function checkedRequest(given: GivenRequest): IncomingRequest {
  const { method, protocol, authority, path, body, signal, clientAddress } = given;
  if (protocol !== "http:" && protocol !== "https:") throw invalidRequest("its URL is not of HTTP");
  if (method === "CONNECT" || method === "TRACE") throw invalidRequest(`no ${method} here`, 501);
  if (path.length > MAX_PATH_BYTES) {
    throw invalidRequest(`a path of more than ${MAX_PATH_BYTES} bytes`, 414);
  }
  const problem = problemOfFields(given.headers);
  if (problem !== undefined) throw invalidRequest(problem, 431);
  const length = contentLength(given.headers);
  if (length === null) throw invalidRequest("its content-length is no length");
  return {
    method,
    scheme: protocol === "https:" ? "https" : "http",
    authority,
    path,
    headers: endToEnd(given.headers).filter(([name]) => !OF_THE_SERVER.has(name)),
    body: body === undefined || length === undefined ? body : withLength(body, length, wrongLength),
    signal,
    clientAddress,
    route: undefined,
  };
}

function noBytes(): Error {
  return invalidRequest("its body is a stream of something else than bytes");
}

function wrongLength(): Error {
  return invalidRequest("its body has another length than its content-length");
}
