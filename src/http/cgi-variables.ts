/** The meta-variables of a CGI program: RFC 3875, section 4.1. */
import type { IncomingRequest } from "./incoming-exchange.js";
import { invalidRequest } from "./http-failure.js";
import { PARAM_HEADER } from "./route-params.js";

/** Of headers: those have variables of their own, or are no business of a program. */
const NOT_AS_HEADER: ReadonlySet<string> = new Set([
  "content-length",
  "content-type",
  // HTTP_PROXY is where programs look for their own proxy ("httpoxy").
  "proxy",
]);

/** Names that are the same as variables and as headers: `a_b` would be taken for `a-b`. */
const HEADER_NAME = /^[a-z0-9-]+$/;

const DEFAULT_PORT = { http: "80", https: "443" };

/**
 * @param length - of the body; undefined: not known, and the program reads to the end of its stdin
 * @throws SafedockError `ERR_HTTP_REQUEST_INVALID` for a path that variables cannot hold
 */
export function cgiVariables(
  request: IncomingRequest,
  length: number | undefined,
): Map<string, string> {
  const { method, scheme, authority, path, headers, route, clientAddress } = request;
  const cut = path.indexOf("?");
  const pathname = cut === -1 ? path : path.slice(0, cut);
  const scriptPath = route?.scriptPath ?? "";
  const colon = /:(\d*)$/.exec(authority);
  const variables = new Map([
    ["GATEWAY_INTERFACE", "CGI/1.1"],
    ["SERVER_PROTOCOL", "HTTP/1.1"],
    ["SERVER_SOFTWARE", "safedock"],
    ["REQUEST_METHOD", method],
    ["REQUEST_SCHEME", scheme],
    ["REQUEST_URI", path],
    ["SCRIPT_NAME", decoded(scriptPath)],
    ["PATH_INFO", decoded(pathname.slice(scriptPath.length))],
    ["QUERY_STRING", cut === -1 ? "" : path.slice(cut + 1)],
    ["SERVER_NAME", colon === null ? authority : authority.slice(0, colon.index)],
    ["SERVER_PORT", colon?.[1] || DEFAULT_PORT[scheme]],
  ]);
  variables.set("HTTP_HOST", authority);
  if (scheme === "https") variables.set("HTTPS", "on");
  if (length !== undefined) variables.set("CONTENT_LENGTH", String(length));
  if (clientAddress !== undefined) {
    variables.set("REMOTE_ADDR", clientAddress);
    variables.set("REMOTE_HOST", clientAddress);
  }
  for (const [name, value] of route?.params ?? []) {
    if (value.includes("\0")) throw invalidRequest("the path has an encoded NUL");
    variables.set(`X_PARAM_${name.toUpperCase()}`, value);
  }
  for (const [name, value] of headers) {
    if (name === "content-type") variables.set("CONTENT_TYPE", asText(value));
    if (NOT_AS_HEADER.has(name) || !HEADER_NAME.test(name)) continue;
    if (name.startsWith(PARAM_HEADER)) continue;
    const variable = `HTTP_${name.toUpperCase().replaceAll("-", "_")}`;
    const before = variables.get(variable);
    const between = name === "cookie" ? "; " : ", ";
    variables.set(
      variable,
      before === undefined ? asText(value) : `${before}${between}${asText(value)}`,
    );
  }
  return variables;
}

/** A path as a program sees it. An encoded slash would be taken for one that parts names. */
function decoded(path: string): string {
  if (/%(?:2f|00)/i.test(path)) throw invalidRequest("the path has an encoded slash or NUL");
  if (!path.includes("%")) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    throw invalidRequest("the path is not encoded as UTF-8");
  }
}

/** The bytes of a header field as text: what is UTF-8 reaches the program as the same bytes. */
function asText(value: string): string {
  if (!/[\x80-\xff]/.test(value)) return value;
  const bytes = Buffer.from(value, "latin1");
  const text = bytes.toString("utf8");
  return text.includes("\uFFFD") ? value : text;
}
