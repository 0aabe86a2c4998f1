import { isOfOrigin, parseOrigin, type GrantedOrigin } from "../http/origin.js";

/** Answers the requests of one route. What it throws with a `code` of Node, the guest gets as that failure. */
export type FakeHandler = (request: Request) => Response | Promise<Response>;

/** By URL: exact, or with `*` at its end for all that begins so; a method before it is that method alone. */
export type FakeRoutes = Readonly<Record<string, FakeHandler>>;

/** A request that a guest has sent, with what its grant adds. */
export interface FakeRequest {
  readonly method: string;
  readonly url: string;
  /** By name, in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** False: no route takes it, and the guest was refused. */
  readonly isKnown: boolean;
  /** The body, when all of it has come. */
  bytes(): Promise<Uint8Array>;
  /** The body as text in UTF-8. */
  text(): Promise<string>;
}

/** What {@link fakeHttp} makes: the engine option `http`, and what was asked of it. */
export interface FakeHttp {
  /** Called by the engine for each request that a grant lets out. */
  fetch(request: Request): Promise<Response>;
  /** In the order in which they came. */
  readonly requests: readonly FakeRequest[];
}

/**
 * Servers that need no network: answers the requests that guests send, whatever their protocol. Grants hold
 * as ever, but no address is looked up or checked. A request that no route takes is refused
 * (`connection-refused`), and a warning of the process says so.
 *
 * @example
 * ```ts
 * const api = fakeHttp({
 *   "https://api.example.com/v1/*": (request) => Response.json({ asked: request.url }),
 *   "POST https://api.example.com/orders": () => new Response(null, { status: 201 }),
 * });
 * await using tested = await openEngine({ root: "./tested", http: api });
 * ```
 * @param routes - the first that takes a request answers it. The origin may be `https://*.example.com`; a
 *   query counts only where the route has one.
 * @throws TypeError for a route that is none
 */
export function fakeHttp(routes: FakeRoutes): FakeHttp {
  const known = Object.entries(routes).map(([pattern, handler]) => parseRoute(pattern, handler));
  const requests: FakeRequest[] = [];
  const answer = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    const route = known.find((each) => takes(each, request.method, url));
    requests.push(recorded(request.clone(), route !== undefined));
    if (route === undefined) throw unknown(request);
    return await route.handler(request);
  };
  // Only `fetch` is an option of an engine.
  return Object.defineProperty({ fetch: answer, requests }, "requests", { enumerable: false });
}

interface Route {
  readonly method: string | undefined;
  readonly origin: GrantedOrigin;
  readonly path: string;
  readonly isPrefix: boolean;
  readonly handler: FakeHandler;
}

/** Method, origin, and path with query. */
const ROUTE = /^(?:([A-Za-z-]+) )?(https?:\/\/[^/?#\s]+)(\/[^#\s]*)$/i;

function parseRoute(pattern: string, handler: FakeHandler): Route {
  const [, method, start = "", rest = ""] = ROUTE.exec(pattern) ?? [];
  const origin = parseOrigin(start);
  if (origin === undefined || typeof handler !== "function") {
    throw new TypeError(
      `${JSON.stringify(pattern)}: must be a URL, "https://api.example.com/v1/*" or "POST https://…", and a function`,
    );
  }
  const isPrefix = rest.endsWith("*");
  const path = isPrefix ? rest.slice(0, -1) : rest;
  return { method: method?.toUpperCase(), origin, path, isPrefix, handler };
}

function takes({ method, origin, path, isPrefix }: Route, asked: string, url: URL): boolean {
  if (method !== undefined && method !== asked.toUpperCase()) return false;
  if (!isOfOrigin(origin, url)) return false;
  const whole = `${url.pathname}${url.search}`;
  if (isPrefix) return whole.startsWith(path);
  return path.includes("?") ? whole === path : url.pathname === path;
}

function recorded(request: Request, isKnown: boolean): FakeRequest {
  const { method, url, headers } = request;
  const reading = request.arrayBuffer();
  // Who asks for it is told.
  reading.catch(() => undefined);
  const bytes = async () => new Uint8Array(await reading);
  return {
    method,
    url,
    headers: Object.fromEntries(headers),
    isKnown,
    bytes,
    text: async () => new TextDecoder().decode(await bytes()),
  };
}

function unknown({ method, url }: Request): Error {
  const message = `fakeHttp: no route takes ${method} ${url}`;
  process.emitWarning(message, "FakeHttpWarning");
  return Object.assign(new Error(message), { code: "ECONNREFUSED" });
}
