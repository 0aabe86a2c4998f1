import { once } from "node:events";
import { createServer, request as httpRequest, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

export interface RecordedExchange {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly status: number;
}

export interface RecordingProxy extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** Exchanges that have begun to be answered, without the probe of `/v2/`. */
  readonly exchanges: RecordedExchange[];
  /** As `METHOD status`, for what is below a path. */
  steps(below?: string): string[];
}

/** Stands before a server of HTTP on loopback and writes down what goes through. */
export async function startRecordingProxy(target: string): Promise<RecordingProxy> {
  const exchanges: RecordedExchange[] = [];
  const [hostname = "", port] = target.split(":");
  const server = createServer((incoming, outgoing) => {
    const { method = "", url = "", headers } = incoming;
    // The Host header stays, so that the server's URLs lead through here.
    const forwarded = httpRequest({ hostname, port, method, path: url, headers }, (answer) => {
      const { statusCode: status = 0 } = answer;
      if (url !== "/v2/") exchanges.push({ method, path: url, headers, status });
      outgoing.writeHead(status, answer.headers);
      answer.pipe(outgoing);
    });
    forwarded.on("error", () => outgoing.destroy());
    outgoing.on("close", () => forwarded.destroy());
    incoming.pipe(forwarded);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port: own } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${own}`,
    exchanges,
    steps: (below = "") =>
      exchanges
        .filter(({ path }) => path.includes(below))
        .map(({ method, status }) => `${method} ${status}`),
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
