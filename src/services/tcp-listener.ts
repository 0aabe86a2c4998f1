import { createServer, type Server, type Socket } from "node:net";
import type { Endpoint } from "../base/socket-messages.js";
import { HostRefusal } from "../base/host-service.js";
import { parseIp } from "../base/ip-address.js";
import { endpointOf } from "./tcp-connection.js";
import { socketRefusal } from "./socket-error.js";

/** Connections that wait to be accepted; more are reset. */
const MAX_BACKLOG = 64;

interface Acceptor {
  resolve(socket: Socket): void;
  reject(reason: unknown): void;
}

/** How many sockets there may be. */
export interface SocketCount {
  /** One more; false if there are too many. */
  take(): boolean;
  giveBack(): void;
}

/**
 * A bound socket of a guest. Node binds only what listens: until the guest listens too, who connects is reset.
 */
export class TcpListener {
  readonly local: Endpoint;
  readonly #server: Server;
  readonly #count: SocketCount;
  readonly #waiting: Socket[] = [];
  readonly #acceptors = new Set<Acceptor>();
  #isListening = false;

  private constructor(server: Server, count: SocketCount) {
    this.#server = server;
    this.#count = count;
    const address = server.address();
    this.local =
      typeof address === "object" && address !== null
        ? endpointOf(address.address, address.port)
        : endpointOf();
    server.unref();
    server.on("connection", (socket) => this.#connected(socket));
    // A failed accept concerns one connection that never was.
    server.on("error", () => undefined);
  }

  /**
   * Throws a refusal.
   *
   * @param count - counts each connection from its arrival on; whoever accepts it gives it back
   */
  static bind([host, port]: Endpoint, count: SocketCount): Promise<TcpListener> {
    return new Promise((resolve, reject) => {
      const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
      server.once("error", (error) => reject(socketRefusal(error)));
      server.listen({ host, port, exclusive: true, ipv6Only: true, backlog: MAX_BACKLOG }, () => {
        server.removeAllListeners("error");
        resolve(new TcpListener(server, count));
      });
    });
  }

  get family(): 4 | 6 {
    return parseIp(this.local[0])?.family ?? 4;
  }

  get isListening(): boolean {
    return this.#isListening;
  }

  listen(): void {
    this.#isListening = true;
  }

  /** The next connection, paused and counted; waits for one. */
  accept(signal: AbortSignal): Promise<Socket> {
    const socket = this.#next();
    if (socket !== undefined) return Promise.resolve(socket);
    return new Promise((resolve, reject) => {
      const acceptor: Acceptor = { resolve, reject };
      this.#acceptors.add(acceptor);
      signal.addEventListener(
        "abort",
        () => {
          this.#acceptors.delete(acceptor);
          reject(new HostRefusal("unknown"));
        },
        { once: true },
      );
    });
  }

  /** Resolves when the address is free again. */
  close(reason: HostRefusal = new HostRefusal("invalid-state")): Promise<void> {
    for (const socket of this.#waiting.splice(0)) this.#drop(socket);
    for (const acceptor of this.#acceptors) acceptor.reject(reason);
    this.#acceptors.clear();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #next(): Socket | undefined {
    for (;;) {
      const socket = this.#waiting.shift();
      if (socket === undefined || !socket.destroyed) return socket;
      this.#drop(socket);
    }
  }

  #drop(socket: Socket): void {
    socket.resetAndDestroy();
    this.#count.giveBack();
  }

  #connected(socket: Socket): void {
    // Until it is accepted; nobody hears of what it dies of.
    socket.on("error", () => undefined);
    socket.unref();
    const isWanted = this.#isListening && this.#server.listening;
    if (!isWanted || this.#waiting.length === MAX_BACKLOG || !this.#count.take()) {
      socket.resetAndDestroy();
      return;
    }
    for (const acceptor of this.#acceptors) {
      this.#acceptors.delete(acceptor);
      acceptor.resolve(socket);
      return;
    }
    this.#waiting.push(socket);
  }
}
