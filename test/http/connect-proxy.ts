import { createServer } from "node:http";
import { type AddressInfo, connect, type Server, type Socket } from "node:net";

/** A proxy that takes CONNECT alone, and writes down what it was asked. */
export class ConnectProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly asked: string[] = [];
  readonly authorizations: (string | undefined)[] = [];

  /** `answer`: what it says in place of a connection; `port`: where all its connections lead. */
  constructor(answer: string | undefined, port: () => number) {
    const server = createServer((_, response) => response.writeHead(418).end());
    server.on("connect", (request, socket: Socket) => {
      this.asked.push(request.url ?? "");
      this.authorizations.push(request.headers["proxy-authorization"]);
      socket.on("error", () => undefined);
      if (answer !== undefined) {
        socket.write(answer);
        return;
      }
      const onward = connect(port(), "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 Connected\r\n\r\n");
        socket.pipe(onward);
        onward.pipe(socket);
      });
      onward.on("error", () => socket.destroy());
      socket.on("close", () => onward.destroy());
    });
    this.#server = server;
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
