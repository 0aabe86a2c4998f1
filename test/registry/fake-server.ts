import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface FakeServer extends AsyncDisposable {
  readonly host: string;
  readonly origin: string;
  /** Requests as `METHOD path`, without the probe of `/v2/`. */
  readonly requests: readonly string[];
}

/** An HTTP server on loopback that answers `GET /v2/` and leaves the rest to `handler`. */
export async function startFakeServer(
  handler: (request: IncomingMessage, response: ServerResponse, count: number) => unknown,
): Promise<FakeServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    if (request.url === "/v2/") {
      response.end();
      return;
    }
    requests.push(`${request.method} ${request.url}`);
    handler(request, response, requests.length);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    origin: `http://127.0.0.1:${port}`,
    requests,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Answers with a JSON document. */
export function sendJson(
  response: ServerResponse,
  status: number,
  document: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(document));
}
