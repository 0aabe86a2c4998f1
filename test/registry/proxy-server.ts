import { once } from "node:events";
import { createServer, request as httpRequest, type IncomingMessage } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";

export interface ProxyServer extends AsyncDisposable {
  readonly host: string;
  readonly url: string;
  /** `CONNECT host:port` and `GET http://host:port/path`, as they came. */
  readonly requests: readonly string[];
  /** Headers of each request. */
  readonly headers: readonly IncomingMessage["headers"][];
}

export interface ProxyOptions {
  /** Where all connections go, whatever host was asked for. */
  readonly to: string;
  /** Value of `Proxy-Authorization` that it wants. Default none. */
  readonly authorization?: string;
  /** Accepts and never answers. */
  readonly isSilent?: boolean;
  /** Status of the answer to CONNECT. Default 200. */
  readonly status?: number;
}

/** A forward proxy on loopback: CONNECT, and whole URLs for plain HTTP. */
export async function startProxy(options: ProxyOptions): Promise<ProxyServer> {
  const requests: string[] = [];
  const headers: IncomingMessage["headers"][] = [];
  const sockets = new Set<Socket>();
  const target = new URL(`http://${options.to}`);
  const isRefused = (request: IncomingMessage) => {
    requests.push(`${request.method} ${request.url}`);
    headers.push(request.headers);
    return (
      options.authorization !== undefined &&
      request.headers["proxy-authorization"] !== options.authorization
    );
  };
  const server = createServer((request, response) => {
    if (isRefused(request)) {
      response.writeHead(407, { "proxy-authenticate": "Basic" }).end();
      return;
    }
    if (options.isSilent === true) return;
    const { pathname, search } = new URL(request.url ?? "");
    const { "proxy-authorization": _own, ...passed } = request.headers;
    const { method } = request;
    const { hostname: host, port } = target;
    const onward = httpRequest({ host, port, method, path: pathname + search, headers: passed });
    onward.on("error", () => response.destroy());
    onward.on("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  server.on("connect", (request: IncomingMessage, socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    if (isRefused(request)) {
      socket.end("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    if (options.isSilent === true) return;
    const { status = 200 } = options;
    if (status !== 200) {
      socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const onward = connect(Number(target.port), target.hostname, () => {
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      onward.pipe(socket);
      socket.pipe(onward);
    });
    sockets.add(onward);
    onward.on("error", () => socket.destroy());
    socket.on("close", () => onward.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    url: `http://127.0.0.1:${port}`,
    requests,
    headers,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      for (const socket of sockets) socket.destroy();
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
