import { createSecureContext, rootCertificates, type SecureContext } from "node:tls";
import type { Agent, Dispatcher } from "undici";
import { SafedockError } from "../base/errors.js";
import { openTunnel } from "./open-tunnel.js";
import { proxyAuthorization, proxyChoice, type ProxyChoice } from "./proxy-for-url.js";
import {
  DEFAULT_CONNECT_TIMEOUT_MS,
  DEFAULT_HEADERS_TIMEOUT_MS,
  DEFAULT_STALL_TIMEOUT_MS,
  MAX_CONNECTIONS_PER_ORIGIN,
  type RegistryOptions,
} from "./registry-options.js";

/** How a request for a URL is to be put on which connection. */
export interface Route {
  readonly dispatcher: Dispatcher;
  readonly origin: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

type Undici = typeof import("undici");

/** The connections of one registry: straight ones, and those through proxies. */
export class Connections {
  readonly #options: RegistryOptions;
  readonly #choose: ProxyChoice;
  readonly #agents = new Map<string, Agent>();
  readonly #closed = new AbortController();
  #secureContext: SecureContext | undefined;

  /** @throws SafedockError `ERR_OPTIONS_INVALID` */
  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#choose = proxyChoice(options.proxy, process.env);
    if (options.ca !== undefined) this.#secureContext = secureContext(options.ca);
  }

  /**
   * Straight to the URL's host; through a tunnel for HTTPS; for plain HTTP, the whole URL to the proxy
   * (RFC 9112 section 3.2.2).
   *
   * @returns `undefined` once closed
   */
  async route(url: URL): Promise<Route | undefined> {
    const proxy = this.#choose(url);
    // Loaded on first use: importing Safedock must stay fast.
    const undici = await import("undici");
    if (this.#closed.signal.aborted) return undefined;
    const path = url.pathname + url.search;
    if (proxy === undefined || url.protocol === "https:") {
      return {
        dispatcher: this.#agent(undici, proxy),
        origin: url.origin,
        path,
        headers: {},
      };
    }
    const authorization = proxyAuthorization(proxy);
    return {
      dispatcher: this.#agent(undici, undefined),
      origin: proxy.origin,
      path: url.origin + path,
      headers: {
        host: url.host,
        ...(authorization === undefined ? {} : { "proxy-authorization": authorization }),
      },
    };
  }

  /** Ends all connections, also those in use and those being opened. */
  async close(): Promise<void> {
    this.#closed.abort();
    await Promise.all(Array.from(this.#agents.values(), (agent) => agent.destroy()));
  }

  #agent(undici: Undici, tunnelBy: URL | undefined): Agent {
    const key = tunnelBy?.href ?? "";
    const kept = this.#agents.get(key);
    if (kept !== undefined) return kept;
    const { headersTimeoutMs, stallTimeoutMs } = this.#options;
    const agent = new undici.Agent({
      connections: MAX_CONNECTIONS_PER_ORIGIN,
      headersTimeout: headersTimeoutMs ?? DEFAULT_HEADERS_TIMEOUT_MS,
      bodyTimeout: stallTimeoutMs ?? DEFAULT_STALL_TIMEOUT_MS,
      connect: this.#connector(undici, tunnelBy),
    });
    this.#agents.set(key, agent);
    return agent;
  }

  #connector(undici: Undici, tunnelBy: URL | undefined) {
    const secureContext = this.#secureContext;
    const timeoutMs = this.#options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS;
    const connect = undici.buildConnector({
      timeout: timeoutMs,
      ...(secureContext === undefined ? {} : { secureContext }),
    });
    if (tunnelBy === undefined) return connect;
    const { signal } = this.#closed;
    const through: typeof connect = (options, callback) => {
      const target = { hostname: options.hostname, port: options.port || "443" };
      openTunnel(tunnelBy, target, { timeoutMs, secureContext, signal }).then(
        (httpSocket) => connect({ ...options, httpSocket }, callback),
        (error: unknown) =>
          // oxlint-disable-next-line promise/no-callback-in-promise -- undici's connector knows callbacks only
          callback(error instanceof Error ? error : new Error(String(error)), null),
      );
    };
    return through;
  }
}

function secureContext(ca: string | readonly string[]): SecureContext {
  try {
    return createSecureContext({
      ca: [...rootCertificates, ...(typeof ca === "string" ? [ca] : ca)],
    });
  } catch (cause) {
    throw new SafedockError("ERR_OPTIONS_INVALID", "The option ca holds no certificates in PEM", {
      data: { problems: ["ca: not PEM"] },
      cause,
    });
  }
}
