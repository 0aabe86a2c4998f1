import { request as requestPlain } from "node:http";
import { request as requestSecure } from "node:https";
import type { Socket } from "node:net";
import type { SecureContext } from "node:tls";
import { proxyAuthorization } from "./proxy-for-url.js";

export interface TunnelOptions {
  /** Longest wait for the tunnel, in milliseconds. */
  readonly timeoutMs: number;
  /** Authorities to trust in place of Node's own. */
  readonly secureContext: SecureContext | undefined;
  readonly signal: AbortSignal;
}

/** Why a proxy gave no tunnel; `code` is for those who know codes of undici and Node. */
export class ProxyError extends Error {
  override readonly name = "ProxyError";
  constructor(
    message: string,
    readonly code: "PROXY_AUTHENTICATION" | "PROXY_REFUSED" | "UND_ERR_CONNECT_TIMEOUT",
  ) {
    super(message);
  }
}

/**
 * Asks a proxy for a connection to `host:port` (CONNECT, RFC 9110 section 9.3.6). The user in the
 * proxy's URL is told to the proxy and to nobody else.
 *
 * @throws ProxyError, or what the network says
 */
export function openTunnel(
  proxy: URL,
  target: { readonly hostname: string; readonly port: string },
  { timeoutMs, secureContext, signal }: TunnelOptions,
): Promise<Socket> {
  const isAddress6 = target.hostname.includes(":");
  const authority = `${isAddress6 ? `[${target.hostname}]` : target.hostname}:${target.port}`;
  const authorization = proxyAuthorization(proxy);
  const open = proxy.protocol === "https:" ? requestSecure : requestPlain;
  return new Promise((resolve, reject) => {
    const request = open({
      host: proxy.hostname.replace(/^\[|\]$/g, ""),
      port: proxy.port === "" ? (proxy.protocol === "https:" ? 443 : 80) : Number(proxy.port),
      method: "CONNECT",
      path: authority,
      agent: false,
      signal,
      headers: {
        host: authority,
        ...(authorization === undefined ? {} : { "proxy-authorization": authorization }),
      },
      ...(secureContext === undefined ? {} : { secureContext }),
    });
    const timer = setTimeout(() => {
      const problem = `the proxy ${proxy.host} gave no connection within ${timeoutMs} ms`;
      request.destroy(new ProxyError(problem, "UND_ERR_CONNECT_TIMEOUT"));
    }, timeoutMs);
    const refuse = (status: number) =>
      status === 407
        ? new ProxyError(
            `the proxy ${proxy.host} wants a user and password`,
            "PROXY_AUTHENTICATION",
          )
        : new ProxyError(`the proxy ${proxy.host} answered ${status}`, "PROXY_REFUSED");
    request.once("connect", (response, socket: Socket, head) => {
      clearTimeout(timer);
      const status = response.statusCode ?? 0;
      // Bytes before ours: whoever sends them is no server of TLS.
      if (status >= 200 && status < 300 && head.byteLength === 0) resolve(socket);
      else {
        socket.on("error", () => undefined).destroy();
        reject(refuse(status));
      }
    });
    request.once("response", (response) => {
      response.destroy();
      request.destroy(refuse(response.statusCode ?? 0));
    });
    request.once("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    request.end();
  });
}
