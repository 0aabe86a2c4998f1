import type { LookupAddress } from "node:dns";

/**
 * How requests of guests leave the app: the engine option `http`. What they may ask for is a matter of
 * `grants.http` alone.
 */
export interface HttpOptions {
  /**
   * Finds the addresses of a name, in place of the system's resolver. Each is checked, and connected to as it
   * was given. Default `dns.lookup` with `all`.
   */
  readonly lookup?: (hostname: string) => Promise<readonly LookupAddress[]>;
  /**
   * Proxy for the grants that say `proxy`: `http://proxy.example:3128`, with a user or without. Default: as
   * `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` of the app say.
   */
  readonly proxy?: string;
  /** Certificates to trust beside those of Node, in PEM. Default none. */
  readonly ca?: string | readonly string[];
  /**
   * Answers in place of the network, for tests; grants hold as ever, but addresses. What it throws with a
   * `code` of Node (`ECONNREFUSED`) the guest gets as that failure. `fakeHttp` of `safedock/testing` makes
   * one. Default: the network.
   */
  readonly fetch?: (request: Request) => Response | Promise<Response>;
}

/** How requests leave, and the proxy of each URL. */
export interface RoutedHttpOptions extends HttpOptions {
  /** Undefined for a URL that is reached by none. */
  readonly proxyFor?: (url: URL) => URL | undefined;
}
