import type { Socket } from "node:net";
import { formatIp, parseIp } from "../base/ip-address.js";
import type { Connection, Endpoint, ShutdownRequest } from "../base/socket-messages.js";
import { HostRefusal, type HostReply } from "../base/host-service.js";
import { socketRefusal } from "./socket-error.js";

/** How long a closed connection may take to send what is left, in ms: a peer that does not read holds nothing. */
const LINGER_MS = 2000;

const NOTHING: HostReply = {};
const END: HostReply = { head: "end" };

/** An open connection of a guest. */
export class TcpConnection {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** Where it was accepted; undefined for one that the guest has made. */
  readonly listener: Endpoint | undefined;
  readonly #socket: Socket;
  #failure: HostRefusal | undefined;
  #isDeaf = false;
  #over: (() => void) | undefined;
  /** Refuse what waits for the system to take it. */
  readonly #unsent = new Set<() => void>();

  /**
   * @param socket - connected; nobody else reads it
   * @param over - its descriptor is free again
   */
  constructor(socket: Socket, over: () => void, listener?: Endpoint) {
    this.#socket = socket;
    this.#over = over;
    this.listener = listener;
    this.local = endpointOf(socket.localAddress, socket.localPort);
    this.remote = endpointOf(socket.remoteAddress, socket.remotePort);
    socket.unref();
    socket.on("error", (error) => (this.#failure ??= socketRefusal(error)));
    socket.on("close", () => this.#closed());
  }

  get connection(): Connection {
    return { local: this.local, remote: this.remote };
  }

  /** What has come, at most `max` bytes; waits for some, or for the end. */
  async receive(max: number, signal: AbortSignal): Promise<HostReply> {
    for (;;) {
      const socket = this.#socket;
      if (this.#isDeaf) return END;
      const size = Math.min(max, socket.readableLength);
      if (size > 0) return { body: socket.read(size) as Buffer };
      if (this.#failure !== undefined) throw this.#failure;
      if (socket.readableEnded || socket.destroyed) return END;
      await change(socket, ["readable", "end", "close"], signal, () => {
        // With nothing in its buffer this asks the system for more; at the end of the stream it says so.
        socket.read(0);
      });
    }
  }

  /** Waits until the system has taken all bytes. */
  send(bytes: Uint8Array): Promise<HostReply> {
    return new Promise((resolve, reject) => {
      const socket = this.#socket;
      if (this.#failure !== undefined || !socket.writable) {
        reject(this.#failure ?? new HostRefusal("connection-reset"));
        return;
      }
      const close = (): void => reject(this.#failure ?? new HostRefusal("connection-reset"));
      this.#unsent.add(close);
      socket.write(bytes, (error) => {
        this.#unsent.delete(close);
        if (error === null || error === undefined) resolve(NOTHING);
        else reject(this.#failure ?? socketRefusal(error));
      });
    });
  }

  shutdown(how: ShutdownRequest["how"]): void {
    if (how !== "send") {
      // What comes is not read any more; the peer is held up by its own window.
      this.#isDeaf = true;
      this.#socket.emit("readable");
    }
    if (how !== "receive") this.#socket.end();
  }

  keepAlive(enabled: boolean, idleMs: number): void {
    this.#socket.setKeepAlive(enabled, idleMs);
  }

  /** What is left to send is sent, and then nothing more. */
  close(): void {
    const socket = this.#socket;
    if (socket.destroyed) return;
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    timer.unref();
    socket.once("close", () => clearTimeout(timer));
    socket.destroySoon();
  }

  /** At once, and with that reason. */
  cut(failure: HostRefusal): void {
    this.#failure ??= failure;
    this.#socket.resetAndDestroy();
  }

  #closed(): void {
    for (const close of this.#unsent) close();
    this.#unsent.clear();
    this.#over?.();
    this.#over = undefined;
  }
}

export function endpointOf(address = "", port = 0): Endpoint {
  const ip = parseIp(address);
  return [ip === undefined ? address : formatIp(ip), port];
}

/** Until one of the events, or until nobody wants to know any more. */
function change(
  socket: Socket,
  events: readonly string[],
  signal: AbortSignal,
  begin: () => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (): void => {
      for (const event of events) socket.off(event, done);
      signal.removeEventListener("abort", done);
      if (signal.aborted) reject(new HostRefusal("unknown"));
      else resolve();
    };
    for (const event of events) socket.on(event, done);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
    else begin();
  });
}
