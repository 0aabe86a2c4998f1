import type {
  IncomingDatagram,
  OutgoingDatagram,
} from "@bytecodealliance/preview2-shim/interfaces/wasi-sockets-udp";
import {
  type Datagram,
  type Endpoint,
  MAX_DATAGRAMS,
  type SendReply,
} from "../../../base/socket-messages.js";
import { READY, type Waitable, WAITS_FOR_HOST } from "../io/waitable.js";
import { Resource } from "../resource.js";
import { remoteEndpoint, socketAddressOf } from "./address.js";
import { errorCodeOf, headOf, refuse } from "./refuse.js";
import type { UdpSocketResource } from "./udp-socket.js";

/** Datagrams that a guest may send at once. */
const MAX_SENT = 16;
/** What fits into a datagram of version 4; the system says no to what it does not send. */
const MAX_BYTES = 65_507;

/** `incoming-datagram-stream`: asks for more once it is read. */
export class IncomingStream extends Resource {
  readonly waitable: Waitable;
  readonly #socket: UdpSocketResource;
  #request: number | undefined;
  /** Received and not given to the guest yet. */
  #waiting: IncomingDatagram[] = [];

  constructor(socket: UdpSocketResource) {
    super();
    this.#socket = socket;
    socket.streams++;
    this.waitable = {
      waits: WAITS_FOR_HOST,
      ready: () => this.rep === 0 || this.#waiting.length > 0 || socket.wire.has(this.#ask()),
    };
  }

  receive(max: bigint): IncomingDatagram[] {
    if (max === 0n) return [];
    if (this.#waiting.length === 0) this.#take();
    const count = max < BigInt(this.#waiting.length) ? Number(max) : this.#waiting.length;
    return this.#waiting.splice(0, count);
  }

  override release(): void {
    this.#socket.wire.forget(this.#request);
    this.#socket.streams--;
    this.#socket.left();
  }

  #take(): void {
    const answer = this.#socket.wire.take(this.#ask());
    if (answer === undefined) return;
    this.#request = undefined;
    const datagrams = headOf(answer) as readonly Datagram[];
    const body = answer.ok ? answer.body : new Uint8Array(0);
    let at = 0;
    this.#waiting = datagrams.map(([address, port, size]) => {
      const data = body.subarray(at, at + size);
      at += size;
      return { data, remoteAddress: socketAddressOf([address, port]) };
    });
  }

  #ask(): number {
    const { wire, id } = this.#socket;
    return (this.#request ??= wire.send("udp-receive", { id, max: MAX_DATAGRAMS }));
  }
}

/** `outgoing-datagram-stream`: what is sent the system has when the call returns. */
export class OutgoingStream extends Resource {
  readonly waitable = READY;
  readonly #socket: UdpSocketResource;
  readonly #peer: Endpoint | undefined;
  /** What `checkSend` has said to the next `send`; undefined: nothing. */
  #permitted: number | undefined;

  constructor(socket: UdpSocketResource, peer: Endpoint | undefined) {
    super();
    this.#socket = socket;
    this.#peer = peer;
    socket.streams++;
  }

  checkSend(): number {
    this.#permitted = MAX_SENT;
    return MAX_SENT;
  }

  /** False: more than `checkSend` has permitted, or it was not asked since the last time. */
  mayTake(count: number): boolean {
    const permitted = this.#permitted;
    this.#permitted = undefined;
    return permitted !== undefined && count <= permitted;
  }

  /** How many were sent before the first that cannot be; refuses if that is the first of all. */
  send(datagrams: readonly OutgoingDatagram[]): number {
    const list: Datagram[] = [];
    const bytes: Uint8Array[] = [];
    let problem: (() => never) | undefined;
    for (const { data, remoteAddress } of datagrams) {
      try {
        const [address, port] = this.#to(remoteAddress);
        if (data.length > MAX_BYTES) refuse("datagram-too-large");
        list.push([address, port, data.length]);
        bytes.push(data);
      } catch (error) {
        problem = () => {
          throw error;
        };
        break;
      }
    }
    if (list.length === 0) return problem?.() ?? 0;
    const { wire, id } = this.#socket;
    const reply = headOf(wire.call("udp-send", { id, datagrams: list }, joined(bytes)));
    const { sent, code } = reply as SendReply;
    return sent === 0 && code !== undefined ? refuse(errorCodeOf(code)) : sent;
  }

  override release(): void {
    this.#socket.streams--;
    this.#socket.left();
  }

  #to(address: OutgoingDatagram["remoteAddress"]): Endpoint {
    const peer = this.#peer;
    if (address === undefined) return peer ?? refuse("invalid-argument");
    const to = remoteEndpoint(address, this.#socket.family);
    if (peer !== undefined && (peer[0] !== to[0] || peer[1] !== to[1])) refuse("invalid-argument");
    return to;
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
