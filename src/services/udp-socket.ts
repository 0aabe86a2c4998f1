import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { HostRefusal, type HostReply } from "../base/host-service.js";
import { parseIp } from "../base/ip-address.js";
import {
  type Datagram,
  type Endpoint,
  MAX_DATAGRAMS,
  type SendReply,
  type UdpOptions,
} from "../base/socket-messages.js";
import { socketRefusal } from "./socket-error.js";
import { endpointOf } from "./tcp-connection.js";

/** Bytes that wait to be received; more are dropped, as a system does. */
const MAX_QUEUED_BYTES = 2 ** 18;
/** Datagrams that wait to be received. */
const MAX_QUEUED = 1024;
/** Of one reply: a frame holds it. */
const MAX_REPLY_BYTES = 2 ** 17;

interface Received {
  readonly from: Endpoint;
  readonly bytes: Uint8Array;
}

/** A bound socket of a guest. */
export class UdpSocket {
  readonly local: Endpoint;
  readonly #socket: Socket;
  readonly #accepts: (from: Endpoint) => boolean;
  readonly #queue: Received[] = [];
  readonly #waiters = new Set<() => void>();
  #queuedBytes = 0;
  #peer: Endpoint | undefined;
  #failure: HostRefusal | undefined;

  private constructor(socket: Socket, accepts: (from: Endpoint) => boolean) {
    this.#socket = socket;
    this.#accepts = accepts;
    const { address, port } = socket.address();
    this.local = endpointOf(address, port);
    socket.unref();
    socket.on("message", (bytes, from) => this.#received(bytes, from));
    socket.on("error", (error) => this.#fail(socketRefusal(error)));
  }

  /**
   * Throws a refusal.
   *
   * @param accepts - whose datagrams the guest gets
   */
  static bind([address, port]: Endpoint, accepts: (from: Endpoint) => boolean): Promise<UdpSocket> {
    return new Promise((resolve, reject) => {
      const isV6 = parseIp(address)?.family === 6;
      const socket = createSocket(isV6 ? { type: "udp6", ipv6Only: true } : { type: "udp4" });
      socket.once("error", (error) => {
        socket.close();
        reject(socketRefusal(error));
      });
      socket.bind({ address, port, exclusive: true }, () => {
        socket.removeAllListeners("error");
        resolve(new UdpSocket(socket, accepts));
      });
    });
  }

  set peer(peer: Endpoint | undefined) {
    this.#peer = peer;
    if (peer === undefined) return;
    // What others have sent before is not the stream's either.
    const kept = this.#queue.filter(({ from }) => isSame(from, peer));
    this.#queue.splice(0, this.#queue.length, ...kept);
    this.#queuedBytes = kept.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  async receive(max: number, signal: AbortSignal): Promise<HostReply> {
    while (this.#queue.length === 0) {
      if (this.#failure !== undefined) throw this.#failure;
      await this.#something(signal);
    }
    const taken: Received[] = [];
    let size = 0;
    for (const next of this.#queue) {
      if (taken.length === Math.min(max, MAX_DATAGRAMS)) break;
      if (taken.length > 0 && size + next.bytes.length > MAX_REPLY_BYTES) break;
      taken.push(next);
      size += next.bytes.length;
    }
    this.#queue.splice(0, taken.length);
    this.#queuedBytes -= size;
    return {
      head: taken.map(({ from: [address, port], bytes }): Datagram => [
        address,
        port,
        bytes.length,
      ]),
      body: Buffer.concat(taken.map(({ bytes }) => bytes)),
    };
  }

  /** Sends one after the other, up to the first that cannot be. */
  async send(
    datagrams: readonly Datagram[],
    body: Uint8Array,
    maySend: (to: Endpoint) => boolean,
  ): Promise<SendReply> {
    let at = 0;
    for (const [index, [address, port, size]] of datagrams.entries()) {
      const bytes = body.subarray(at, at + size);
      at += size;
      try {
        if (!maySend([address, port])) throw new HostRefusal("access-denied");
        await this.#sendOne(bytes, port, address);
      } catch (error) {
        return { sent: index, code: socketRefusal(error).code };
      }
    }
    return { sent: datagrams.length };
  }

  set({ hopLimit, receiveBufferSize, sendBufferSize }: UdpOptions): void {
    try {
      if (hopLimit !== undefined) this.#socket.setTTL(hopLimit);
      if (receiveBufferSize !== undefined) this.#socket.setRecvBufferSize(receiveBufferSize);
      if (sendBufferSize !== undefined) this.#socket.setSendBufferSize(sendBufferSize);
    } catch (error) {
      throw socketRefusal(error);
    }
  }

  close(reason: HostRefusal = new HostRefusal("invalid-state")): void {
    this.#fail(reason);
    try {
      this.#socket.close();
    } catch {
      // It is closed already.
    }
  }

  #sendOne(bytes: Uint8Array, port: number, address: string): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) throw this.#failure;
      this.#socket.send(bytes, port, address, (error) => {
        if (error === null) resolve();
        else reject(error);
      });
    });
  }

  #received(bytes: Uint8Array, { address, port }: RemoteInfo): void {
    const from = endpointOf(address, port);
    if (this.#peer !== undefined && !isSame(this.#peer, from)) return;
    if (this.#queue.length === MAX_QUEUED) return;
    if (this.#queuedBytes + bytes.length > MAX_QUEUED_BYTES || !this.#accepts(from)) return;
    this.#queue.push({ from, bytes });
    this.#queuedBytes += bytes.length;
    this.#wake();
  }

  #fail(failure: HostRefusal): void {
    this.#failure ??= failure;
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiters) wake();
  }

  #something(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (): void => {
        this.#waiters.delete(done);
        signal.removeEventListener("abort", done);
        if (signal.aborted) reject(new HostRefusal("unknown"));
        else resolve();
      };
      this.#waiters.add(done);
      signal.addEventListener("abort", done);
      if (signal.aborted) done();
    });
  }
}

function isSame(a: Endpoint, b: Endpoint): boolean {
  return a[0] === b[0] && a[1] === b[1];
}
