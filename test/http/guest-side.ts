import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { HostRefusal, type HostService } from "../../src/base/host-service.js";
import type { HttpBodyChunk, HttpFields, HttpRequestHead } from "../../src/base/http-messages.js";
import { checkHttpGrants } from "../../src/engine/check-http-grants.js";
import { Problems } from "../../src/engine/problems.js";
import type { HttpGrant } from "../../src/http/http-grant.js";
import type { RoutedHttpOptions } from "../../src/http/http-options.js";
import { HttpBroker, type RefusedRequest } from "../../src/http/out/broker.js";

const NOTHING = new Uint8Array(0);

/** What a guest does with the service, and what the app is told of it. */
export class GuestSide implements Disposable {
  readonly broker: HttpBroker;
  readonly service: HostService;
  readonly refused: RefusedRequest[] = [];
  #next = 1;

  constructor(grants: readonly HttpGrant[], options: RoutedHttpOptions = {}) {
    const problems = new Problems();
    const checked = checkHttpGrants(grants, problems);
    problems.throwIfAny("grants");
    this.broker = new HttpBroker(checked, options);
    this.service = this.broker.session((request) => this.refused.push(request));
  }

  async call(op: string, head: unknown, body = NOTHING, signal = new AbortController().signal) {
    return await this.service.call(op, head, body, signal);
  }

  /** Sends a request; gives its number and the response's head. */
  async open(url: string, more: Partial<HttpRequestHead> = {}, body = NOTHING) {
    const [, scheme = "", authority = "", pathWithQuery = ""] =
      /^([a-z]+):\/\/([^/?]*)(.*)$/is.exec(url) ?? [];
    const request = this.#next++;
    const head: HttpRequestHead = {
      request,
      method: "GET",
      scheme,
      authority,
      pathWithQuery,
      headers: [],
      more: false,
      ...more,
    };
    const reply = await this.call("request", head, body);
    return { request, ...(reply.head as { status: number; headers: HttpFields }) };
  }

  /** Reads a body to its end. */
  async read(request: number, max = 65_536): Promise<{ text: string; trailers: HttpFields }> {
    const chunks: Uint8Array[] = [];
    for (;;) {
      const { head, body } = await this.call("read-body", { request, max });
      const { end, trailers = [] } = head as HttpBodyChunk;
      if (body !== undefined) chunks.push(body);
      if (end) return { text: Buffer.concat(chunks).toString("latin1"), trailers };
    }
  }

  async fetch(url: string, more: Partial<HttpRequestHead> = {}, body = NOTHING) {
    const { request, status, headers } = await this.open(url, more, body);
    return { status, headers, ...(await this.read(request)) };
  }

  /** The code of the refusal, or what came in its place. */
  async codeOf(given: Promise<unknown>): Promise<string> {
    try {
      return `no refusal: ${JSON.stringify(await given)}`;
    } catch (error) {
      if (error instanceof HostRefusal) return error.code;
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.service.end?.();
    this.broker.close();
  }
}

/** A server that answers with bytes of the test's choice, whatever HTTP says. */
export class RawServer implements AsyncDisposable {
  readonly #server: Server;
  readonly sockets = new Set<Socket>();
  /** All that came, as text. */
  received = "";
  connections = 0;

  private constructor(answer: (socket: Socket, data: string, server: RawServer) => void) {
    this.#server = createServer((socket) => {
      this.sockets.add(socket);
      this.connections++;
      socket.on("close", () => this.sockets.delete(socket));
      socket.on("error", () => undefined);
      socket.on("data", (data) => {
        const text = data.toString("latin1");
        this.received += text;
        answer(socket, text, this);
      });
    });
  }

  static async open(
    answer: ((socket: Socket, data: string, server: RawServer) => void) | string,
    host = "127.0.0.1",
  ): Promise<RawServer> {
    const server = new RawServer(
      typeof answer === "string" ? (socket) => socket.write(answer, "latin1") : answer,
    );
    await new Promise<void>((resolve) => server.#server.listen(0, host, resolve));
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Until the broker has let go of all connections. */
  async idle(): Promise<void> {
    while (this.sockets.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
