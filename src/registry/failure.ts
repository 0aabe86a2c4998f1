import { SafedockError } from "../base/errors.js";
import { printable } from "../base/printable.js";

/** A failure that another try may mend. It never leaves this folder: the last one's `error` does. */
export class Transient extends Error {
  constructor(
    readonly error: SafedockError,
    readonly retryAfterMs?: number,
  ) {
    super(error.message);
  }
}

/** What the network says of a connection that the next one may not meet. */
const PASSING: ReadonlySet<string> = new Set([
  "EAI_AGAIN",
  "ECONNABORTED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EPIPE",
  "ETIMEDOUT",
  "UND_ERR_BODY_TIMEOUT",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_RES_CONTENT_LENGTH_MISMATCH",
  "UND_ERR_SOCKET",
]);

/** A URL fit for messages and data: without user, and without query (signed URLs carry secrets there). */
export function shownUrl(url: URL): string {
  return printable(`${url.origin}${url.pathname}`, 500);
}

/** An answer that breaks the distribution specification, or a cap of ours. */
export function responseError(
  registry: string,
  response: { readonly url: URL; readonly status: number },
  problem: string,
): SafedockError<"ERR_REGISTRY_RESPONSE"> {
  return new SafedockError("ERR_REGISTRY_RESPONSE", `${registry}: ${printable(problem)}`, {
    data: { registry, url: shownUrl(response.url), status: response.status },
  });
}

/** No answer, or one that broke off: `cause` is what undici or Node rejected with. */
export function networkError(
  registry: string,
  url: URL,
  cause: unknown,
): SafedockError | Transient {
  const code = networkCode(cause);
  const why = printable(cause instanceof Error ? cause.message : String(cause));
  // undici's parse error carries the raw bytes, and not always a code; it is no cause to hand on.
  const isGarbled = cause instanceof Error && cause.name === "HTTPParserError";
  if (isGarbled || code === "UND_ERR_HEADERS_OVERFLOW") {
    return responseError(registry, { url, status: 0 }, `the answer is not HTTP: ${why}`);
  }
  const hint = hintOf(code);
  const error = new SafedockError(
    "ERR_REGISTRY_UNREACHABLE",
    `No answer from ${registry} (${shownUrl(url)}): ${why === "" ? code : why}`,
    { data: { registry }, cause, ...(hint === undefined ? {} : { hint }) },
  );
  return PASSING.has(code) ? new Transient(error) : error;
}

/** The code of a network error, or an empty text; Node hides the first of several in an AggregateError. */
export function networkCode(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const code: unknown = Reflect.get(error, "code");
  if (typeof code === "string") return code;
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error.cause;
  return first === undefined || first === error ? "" : networkCode(first);
}

function hintOf(code: string): string | undefined {
  if (code === "PROXY_AUTHENTICATION") {
    return "put user and password into the proxy's URL: http://user:password@host:port";
  }
  if (/CERT|UNABLE_TO_(?:GET|VERIFY)/.test(code)) {
    return "pass the certificate of its authority in the option ca";
  }
  if (code === "EPROTO" || code.startsWith("ERR_SSL_")) {
    return "if the registry speaks plain HTTP, name it in the option insecure";
  }
  return undefined;
}
