import type { Dispatcher } from "undici";
import { untilAborted } from "../base/until-aborted.js";
import { Connections } from "./connections.js";
import { MAX_INTERIM_ANSWERS, MAX_REDIRECTS, type RegistryOptions } from "./registry-options.js";
import { networkError, responseError } from "./failure.js";
import { ProxyError } from "./open-tunnel.js";
import { problemOfRedirect } from "./redirect.js";
import { RequestBody, type Body } from "./request-body.js";
import { steadyBody } from "./steady-body.js";

export interface HttpRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent to the URL's own origin alone, never to where it redirects. */
  readonly authorization?: string | undefined;
  readonly body?: Body | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpResponse {
  readonly status: number;
  /** Where the answer came from, after redirects. */
  readonly url: URL;
  readonly body: Dispatcher.ResponseData["body"];
  /** The body's bytes, to be iterated once; rejects when they stop or drip. */
  readonly stream: AsyncIterable<Uint8Array>;
  /** A header's value by its lower-case name; several lines are joined by commas. */
  header(name: string): string | undefined;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Sends requests for one registry and follows redirects. Knows nothing of tokens. */
export class Transport {
  private connections: Connections | undefined;
  private closed = false;

  constructor(
    private readonly registry: string,
    private readonly options: RegistryOptions,
  ) {}

  /**
   * Sends a request and follows the redirects of a GET or HEAD.
   *
   * @throws SafedockError `ERR_REGISTRY_RESPONSE` for a redirect we do not follow; `Transient` or
   *   `ERR_REGISTRY_UNREACHABLE` when there is no answer
   */
  async send(request: HttpRequest): Promise<HttpResponse> {
    let { url, authorization } = request;
    for (let hops = 0; ; hops++) {
      const response = await this.sendOnce({ ...request, url, authorization });
      if (!REDIRECTS.has(response.status)) return response;
      discard(response);
      const reject = (why: string) =>
        responseError(this.registry, response, `redirects ${why}, which is not followed`);
      if (request.method !== "GET" && request.method !== "HEAD") throw reject("an upload");
      if (hops === MAX_REDIRECTS) throw reject(`more than ${MAX_REDIRECTS} times`);
      const location = response.header("location");
      if (location === undefined || !URL.canParse(location, url.href))
        throw reject("to no valid URL");
      const next = new URL(location, url);
      const problem = problemOfRedirect(url, next);
      if (problem !== undefined) throw reject(problem);
      // Storage behind the registry gets signed URLs; our credentials are none of its business, also
      // when it sends us back.
      if (next.origin !== url.origin) authorization = undefined;
      url = next;
    }
  }

  /** Ends all connections, also those in use. */
  async close(): Promise<void> {
    this.closed = true;
    await this.connections?.close();
  }

  private async sendOnce(request: HttpRequest): Promise<HttpResponse> {
    const { signal, url } = request;
    signal?.throwIfAborted();
    if (this.closed) throw networkError(this.registry, url, "the client is closed");
    this.connections ??= new Connections(this.options);
    const route = await this.connections.route(url);
    if (route === undefined) throw networkError(this.registry, url, "the client is closed");
    const { authorization } = request;
    const body = new RequestBody(request.body);
    try {
      const answer = route.dispatcher.request({
        origin: route.origin,
        path: route.path,
        method: request.method,
        headers: {
          ...request.headers,
          "user-agent": "safedock",
          ...(authorization === undefined ? {} : { authorization }),
          ...route.headers,
        },
        body: body.content,
        signal: signal ?? null,
        onInfo: atMost(MAX_INTERIM_ANSWERS),
      });
      // undici hears of an abort only once it has a connection, which may take its whole time-out.
      const response = await untilAborted(answer, signal);
      // A body that breaks before anyone reads it must not end the process; who reads it is told.
      response.body.on("error", () => undefined);
      if (response.statusCode === 407) {
        response.body.dump({ limit: 0 }).catch(() => undefined);
        throw new ProxyError("the proxy wants a user and password", "PROXY_AUTHENTICATION");
      }
      return {
        status: response.statusCode,
        url,
        body: response.body,
        stream: steadyBody(response.body, this.options),
        header: (name) => {
          const value = response.headers[name];
          return Array.isArray(value) ? value.join(", ") : value;
        },
      };
    } catch (error) {
      signal?.throwIfAborted();
      body.rethrow();
      throw networkError(this.registry, url, error);
    }
  }
}

/** Each interim answer (1xx) starts the time-out anew: without an end of them there would be no end. */
function atMost(limit: number): () => void {
  let count = 0;
  return () => {
    count++;
    if (count > limit) throw new Error(`more than ${limit} interim answers came before the answer`);
  };
}

/** Reads a whole body. More than `maxBytes` is a `RangeError`; a broken connection rejects as undici has it. */
export async function readBytes(response: HttpResponse, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const length = Number(response.header("content-length") ?? 0);
  if (length > maxBytes) {
    discard(response);
    throw new RangeError(`the body has ${length} bytes, the limit is ${maxBytes}`);
  }
  for await (const chunk of response.stream) {
    size += chunk.byteLength;
    // Leaving the loop destroys the body, and with it the connection.
    if (size > maxBytes) throw new RangeError(`the body has more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  const only = chunks.length === 1 ? chunks[0] : undefined;
  return only ?? Buffer.concat(chunks, size);
}

/** Gives up a body that nobody wants, keeping the connection when little of it is left. */
export function discard(response: HttpResponse): void {
  response.body.dump({ limit: 16_384 }).catch(() => undefined);
}
