import { throwProblems } from "../base/option-problems.js";
import { printable } from "../base/printable.js";
import { answerOf } from "./answer-of.js";
import type {
  Fetchable,
  FetchOptions,
  IncomingRequest,
  OutgoingResponse,
} from "./incoming-exchange.js";
import { fetchFrom } from "./fetch-from.js";
import { invalidRequest, invalidResponse } from "./http-failure.js";
import {
  compareRoutes,
  decodedSegment,
  matchRoute,
  parseRoutePattern,
  type RoutePattern,
  segmentsOf,
  shapeOf,
} from "./route-pattern.js";
import { withParams } from "./route-params.js";

/** Routes of one router; each request looks at them one by one. */
const MAX_ROUTES = 1000;
/** Answers of the kind "ask me this path instead" that one request may meet: as many as browsers follow. */
const MAX_REDIRECTS = 20;

interface Route {
  readonly pattern: RoutePattern;
  readonly target: Fetchable;
}

/** Hands each request to what answers its path. Made by {@link createRouter}. */
export class Router implements Fetchable {
  readonly #routes: readonly Route[];

  /** @internal */
  constructor(routes: readonly Route[]) {
    this.#routes = routes;
  }

  /**
   * Answers as the route's target does; 404 when no route takes the path, 405 when none takes the method.
   *
   * @throws what the target's `fetch` throws; SafedockError `ERR_HTTP_REQUEST_INVALID`
   */
  async fetch(input: Request | string | URL, init?: RequestInit & FetchOptions): Promise<Response> {
    return await fetchFrom((request) => this.answer(request), input, init);
  }

  /** @internal */
  answer(request: IncomingRequest): Promise<OutgoingResponse> {
    return this.#answer(request, undefined, 0);
  }

  async #answer(
    request: IncomingRequest,
    only: Fetchable | undefined,
    redirects: number,
  ): Promise<OutgoingResponse> {
    const { method, path } = request;
    const pathname = path.replace(/\?.*$/s, "");
    const raw = segmentsOf(pathname);
    const decoded = raw.map((segment) => {
      const text = decodedSegment(segment);
      if (text === undefined) throw invalidRequest("the path is not encoded as UTF-8");
      return text;
    });
    const allowed = new Set<string>();
    for (const { pattern, target } of this.#routes) {
      const match = matchRoute(pattern, raw, decoded);
      if (match === undefined) continue;
      if (pattern.method !== undefined && !takes(pattern.method, method)) {
        allowed.add(pattern.method);
        if (pattern.method === "GET") allowed.add("HEAD");
        continue;
      }
      if (only !== undefined && only !== target) break;
      return await answerOf(target, {
        ...request,
        headers: withParams(request.headers, match.params),
        // A path that ends in a parameter or a name leaves nothing to its guest.
        route: match,
        redirect: (to) => {
          if (redirects >= MAX_REDIRECTS) throw invalidResponse("it redirects without an end");
          const next = { ...request, method: "GET", path: to, body: undefined };
          return this.#answer(next, target, redirects + 1);
        },
      });
    }
    request.body?.cancel();
    if (only !== undefined) throw invalidResponse("it redirects to a path that is not its own");
    if (allowed.size === 0) return { ...plain(404, "Not Found", []), unrouted: true };
    return plain(405, "Method Not Allowed", [["allow", [...allowed].sort().join(", ")]]);
  }
}

function takes(wanted: string, method: string): boolean {
  return wanted === method || (wanted === "GET" && method === "HEAD");
}

function plain(
  status: number,
  text: string,
  headers: readonly (readonly [string, string])[],
): OutgoingResponse {
  let body: Uint8Array | undefined = Buffer.from(`${text}\n`);
  return {
    status,
    headers: [["content-type", "text/plain; charset=utf-8"], ...headers],
    body: {
      read: () => {
        const chunk = body;
        body = undefined;
        return Promise.resolve(chunk);
      },
      cancel: () => undefined,
    },
  };
}

/**
 * Several containers behind one another's paths. A segment is a name, `[name]` for any one segment, or,
 * as the last, `[...name]` for one or more; a method may stand before the path (`GET` also takes HEAD).
 * At the first segment that differs, a name goes before `[name]`, and that before `[...name]`.
 *
 * Parameters reach a component as headers `x-safedock-param-<name>`, percent-encoded, and a CGI program as
 * variables `X_PARAM_<NAME>`; what a client sends under that prefix is dropped.
 *
 * @example
 * ```ts
 * const router = createRouter({
 *   "/users/[id]": container,
 *   "GET /health": { fetch: async () => new Response("ok") },
 * });
 * const response = await router.fetch("/health");
 * console.log(response.status, await response.text());
 * ```
 * @throws SafedockError `ERR_OPTIONS_INVALID` with all that is wrong with the routes
 */
export function createRouter(routes: Readonly<Record<string, Fetchable>>): Router {
  const problems: string[] = [];
  const found: Route[] = [];
  const shapes = new Map<string, string>();
  const entries = Object.entries(routes);
  if (entries.length > MAX_ROUTES) problems.push(`routes: more than ${MAX_ROUTES}`);
  for (const [text, target] of entries.slice(0, MAX_ROUTES)) {
    const shown = printable(JSON.stringify(text), 80);
    const pattern = parseRoutePattern(text);
    if (typeof pattern === "string") {
      problems.push(`routes[${shown}]: ${pattern}`);
      continue;
    }
    const fetch: unknown = (target as Partial<Fetchable> | null | undefined)?.fetch;
    if (typeof fetch !== "function") {
      problems.push(`routes[${shown}]: must be a container, a router, or an object with fetch`);
    }
    const shape = shapeOf(pattern);
    const other = shapes.get(shape);
    if (other !== undefined) problems.push(`routes[${shown}]: takes the same paths as ${other}`);
    shapes.set(shape, shown);
    found.push({ pattern, target });
  }
  throwProblems("routes", problems);
  return new Router(
    found.sort(
      (a, b) =>
        compareRoutes(a.pattern, b.pattern) ||
        Number(a.pattern.method === undefined) - Number(b.pattern.method === undefined),
    ),
  );
}
