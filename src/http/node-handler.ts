import type { IncomingMessage, ServerResponse } from "node:http";
import type { HttpFields } from "../base/http-messages.js";
import { throwLater } from "../base/throw-later.js";
import { throwProblems, unknownOptions } from "../base/option-problems.js";
import { answerOf } from "./answer-of.js";
import { sourceOf } from "./byte-source.js";
import type {
  ByteSource,
  Fetchable,
  IncomingRequest,
  OutgoingResponse,
} from "./incoming-exchange.js";
import { checkedRequest } from "./fetch-request.js";
import { passingTrailers } from "./header-fields.js";
import { invalidRequest, statusOfFailure } from "./http-failure.js";

/** Options of {@link toNodeHandler}. */
export interface NodeHandlerOptions {
  /** Tells guests the address of the client's socket, as `REMOTE_ADDR` of CGI. Default false. */
  readonly clientAddress?: boolean;
  /**
   * Is told why a client got a status from 500 on, or an answer that was cut off; clients are told no more
   * than the status. Default: nobody is told.
   */
  readonly onError?: (error: unknown, request: IncomingMessage) => void;
}

/** A handler of `http.createServer`, Express, and all that takes such handlers. */
export type NodeHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  next?: (error?: unknown) => void,
) => void;

/**
 * Serves a container, a router, or any object with `fetch`, in Node's servers. Bodies are streamed both
 * ways, and each side waits for the other. A client that goes away ends the guest. Failures become 400,
 * 404, 405, 414, 431, 500, 502, 503 or 504. Where `next` is given, as in Express, a router's 404 is left
 * to it.
 *
 * @example
 * ```ts
 * const server = createServer(toNodeHandler(container, { onError: console.error }));
 * server.listen(0, "127.0.0.1");
 * server.close();
 * ```
 * @throws SafedockError `ERR_OPTIONS_INVALID`
 */
export function toNodeHandler(target: Fetchable, options: NodeHandlerOptions = {}): NodeHandler {
  const problems = unknownOptions("", options, ["clientAddress", "onError"]);
  throwProblems("handler options", problems);
  const { onError, clientAddress } = options;
  const tell = (error: unknown, request: IncomingMessage): void => {
    try {
      onError?.(error, request);
    } catch (thrown) {
      throwLater(thrown);
    }
  };
  return (message, response, next) => {
    const gone = new AbortController();
    response.once("close", () => {
      if (!response.writableFinished) gone.abort(new Error("the client has closed its connection"));
    });
    const serve = async (): Promise<void> => {
      try {
        const request = incomingMessage(message, gone.signal, clientAddress === true);
        const answer = await answerOf(target, request);
        if (answer.unrouted === true && next !== undefined) return next();
        await send(answer, response);
      } catch (error) {
        if (gone.signal.aborted) {
          response.destroy();
          return;
        }
        const status = statusOfFailure(error);
        if (status >= 500) tell(error, message);
        fail(response, status);
      }
    };
    void serve();
  };
}

/** @throws SafedockError `ERR_HTTP_REQUEST_INVALID` */
function incomingMessage(
  message: IncomingMessage,
  signal: AbortSignal,
  tellsAddress: boolean,
): IncomingRequest {
  const { method = "GET", url = "/", rawHeaders, socket } = message;
  const headers = fieldsOf(rawHeaders);
  const hosts = headers.filter(([name]) => name === "host");
  const protocol = "encrypted" in socket && socket.encrypted === true ? "https:" : "http:";
  const [host = "localhost"] = hosts.map(([, value]) => value);
  if (hosts.length > 1 || /[\s/?#@\\]/.test(host)) throw invalidRequest("its host is no host");
  const { authority, path } = targetOf(url, protocol, host);
  const declared = headers.some(
    ([name, value]) =>
      name === "transfer-encoding" || (name === "content-length" && Number(value) !== 0),
  );
  if (declared && message.readableDidRead) {
    throw invalidRequest("its body was read before the handler got it", 500);
  }
  return checkedRequest({
    method,
    protocol,
    authority,
    path,
    headers,
    body: declared ? bodyOfMessage(message) : undefined,
    signal,
    clientAddress: tellsAddress ? socket.remoteAddress : undefined,
  });
}

/** Origin form is a path, absolute form names the authority too (RFC 9112, section 3.2). */
function targetOf(
  url: string,
  protocol: string,
  host: string,
): { readonly authority: string; readonly path: string } {
  try {
    const whole = url.startsWith("/") ? `${protocol}//${host}${url}` : url;
    const parsed = new URL(whole);
    if (/^https?:$/.test(parsed.protocol) && parsed.username === "" && parsed.password === "") {
      return { authority: parsed.host, path: `${parsed.pathname}${parsed.search}` };
    }
  } catch {
    // Told below.
  }
  throw invalidRequest("its target is no URL of HTTP");
}

/** What is not read of it is left to Node, which reads on to the next request once this one is answered. */
function bodyOfMessage(message: IncomingMessage): ByteSource {
  return sourceOf(
    { [Symbol.asyncIterator]: () => message.iterator({ destroyOnReturn: false }) },
    () => undefined,
    () => passingTrailers(fieldsOf(message.rawTrailers)),
  );
}

function fieldsOf(raw: readonly string[]): HttpFields {
  const fields: [string, string][] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    fields.push([(raw[index] ?? "").toLowerCase(), raw[index + 1] ?? ""]);
  }
  return fields;
}

async function send(
  { status, headers, body }: OutgoingResponse,
  response: ServerResponse,
): Promise<void> {
  response.statusCode = status;
  const byName = new Map<string, string[]>();
  for (const [name, value] of headers) {
    const values = byName.get(name);
    if (values === undefined) byName.set(name, [value]);
    else values.push(value);
  }
  for (const [name, values] of byName) {
    response.setHeader(name, values.length === 1 ? (values[0] ?? "") : values);
  }
  if (body === undefined) {
    response.end();
    return;
  }
  // A head that goes out with the first bytes is one packet less; a slow body must not hold it back.
  const flush = setImmediate(() => response.flushHeaders());
  try {
    for (;;) {
      const chunk = await body.read();
      clearImmediate(flush);
      if (chunk === undefined) break;
      if (!response.write(chunk)) await writable(response);
      if (response.destroyed) break;
    }
  } catch (error) {
    clearImmediate(flush);
    throw error;
  }
  if (response.destroyed) {
    body.cancel();
    return;
  }
  const trailers = passingTrailers(body.trailers?.() ?? []);
  if (trailers.length > 0) {
    response.addTrailers(trailers.map(([name, value]): [string, string] => [name, value]));
  }
  response.end();
}

/** There is room again, or nobody reads any more. */
function writable(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
    response.once("drain", done);
    response.once("close", done);
  });
}

/** Loading `node:http` for them would be paid by apps that serve nothing. */
const STATUS_TEXTS: ReadonlyMap<number, string> = new Map([
  [400, "Bad Request"],
  [413, "Content Too Large"],
  [414, "URI Too Long"],
  [431, "Request Header Fields Too Large"],
  [500, "Internal Server Error"],
  [501, "Not Implemented"],
  [502, "Bad Gateway"],
  [503, "Service Unavailable"],
  [504, "Gateway Timeout"],
]);

/** The connection is cut where the client has a part of the answer already: it must not take it for all. */
function fail(response: ServerResponse, status: number): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  response.statusCode = status;
  response.setHeader("content-type", "text/plain; charset=utf-8");
  response.end(`${STATUS_TEXTS.get(status) ?? "Error"}\n`);
}
