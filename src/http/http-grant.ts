/**
 * Requests that a guest may send. Everything that no grant allows is refused; a grant that gives only its
 * origin allows `GET` and `HEAD` to any path there, at public addresses, without redirects.
 *
 * @example
 * ```ts
 * const grants: Grants = {
 *   http: [
 *     {
 *       origin: "https://api.example.com",
 *       methods: ["GET", "POST"],
 *       pathPrefix: "/v1/",
 *       credentials: { authorization: { secret: "Bearer t0ps3cret" } },
 *     },
 *     { origin: "https://*.example.org", maxResponseBytes: 2 ** 20 },
 *   ],
 * };
 * ```
 */
export interface HttpGrant {
  /**
   * Scheme, host and port: `https://api.example.com`, `http://localhost:8080`. `https://*.example.com` is all
   * its sub-domains, at any depth, without itself; `https://*` is any host.
   */
  readonly origin: string;
  /** Methods, in upper case, or `"any"` (but `CONNECT` and `TRACE`). Default `["GET", "HEAD"]`. */
  readonly methods?: readonly string[] | "any";
  /**
   * Path that all paths must begin with, at a segment's border: `/v1` allows `/v1` and `/v1/x`, not `/v10`;
   * `/v1/` allows what is below it alone. Default `/`, all paths.
   */
  readonly pathPrefix?: string;
  /**
   * Names of the headers that a guest may set, in lower case. Default: all but `cookie`. Those that belong to the
   * connection (`host`, `transfer-encoding`, `proxy-*`, …) are never its own.
   */
  readonly headers?: readonly string[];
  /**
   * Headers that the host adds to each request of this grant, by name, in place of the guest's. The guest
   * never sees them; `inspect` hides their values. Default none.
   */
  readonly credentials?: Readonly<Record<string, string | { readonly secret: string }>>;
  /**
   * Where the origin's name may lead: `"public"` (default) is the Internet without private, loopback, link-local,
   * metadata and other special addresses; `"any"`; or ranges such as `["10.0.0.0/8", "fd00::/8"]`.
   */
  readonly addresses?: "public" | "any" | readonly string[];
  /**
   * By the app's proxy: the engine option `http.proxy`, else what `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` say.
   * Default false: by none, whatever the environment says.
   */
  readonly proxy?: boolean;
  /** Redirects that the host follows, each checked as a request of its own. Default 0: the guest gets them. */
  readonly redirects?: number;
  /** Bytes of a request's body. Default 16 MiB. */
  readonly maxRequestBytes?: number;
  /** Bytes of a response's body, as they come. Default 64 MiB. */
  readonly maxResponseBytes?: number;
  /** Time from a request to the end of its response, in ms. Default 30,000. */
  readonly timeoutMs?: number;
  /** Time until the peer sends or takes the next bytes, in ms. Default 15,000. */
  readonly idleTimeoutMs?: number;
  /** Requests that a container may send in a second, and at once after a pause. Default 100. */
  readonly ratePerSecond?: number;
  /** Requests of a container that may be open at once. Default 16. */
  readonly maxConcurrent?: number;
}

/** A {@link HttpGrant}, checked and with every default filled in. */
export interface CheckedHttpGrant {
  /** As `new URL` writes it, in its shortest form; `*` as it was. */
  readonly origin: string;
  readonly methods: readonly string[] | "any";
  readonly pathPrefix: string;
  readonly headers: readonly string[] | undefined;
  /** By name, in lower case. */
  readonly credentials: ReadonlyMap<string, string>;
  readonly addresses: "public" | "any" | readonly string[];
  readonly proxy: boolean;
  readonly redirects: number;
  readonly maxRequestBytes: number;
  readonly maxResponseBytes: number;
  readonly timeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly ratePerSecond: number;
  readonly maxConcurrent: number;
}

/** What only reads. */
export const DEFAULT_METHODS: readonly string[] = ["GET", "HEAD"];
/** Room for a document; bodies are streamed, so this is traffic, not memory. */
export const DEFAULT_REQUEST_BYTES = 16 * 2 ** 20;
/** Room for a model's answer or a small archive. */
export const DEFAULT_RESPONSE_BYTES = 64 * 2 ** 20;
/** As most clients of HTTP have it, in ms. */
export const DEFAULT_TIMEOUT_MS = 30_000;
/** A peer that is silent for so long is gone, in ms. */
export const DEFAULT_IDLE_MS = 15_000;
/** More is a flood for most services. */
export const DEFAULT_RATE = 100;
/** As browsers have it, and some more. */
export const DEFAULT_CONCURRENT = 16;
/** What browsers follow. */
export const MAX_REDIRECTS = 20;
/** Grants of one container: each request looks at all of them. */
export const MAX_HTTP_GRANTS = 128;
