import type {
  IpAddressFamily,
  IpSocketAddress,
} from "@bytecodealliance/preview2-shim/interfaces/wasi-sockets-network";
import type { Endpoint } from "../../../base/socket-messages.js";
import { type Waitable, WAITS_FOR_HOST } from "../io/waitable.js";
import { Resource } from "../resource.js";
import { localEndpoint, remoteEndpoint } from "./address.js";
import { headOf, refuse } from "./refuse.js";
import { type SocketWire, targetOf } from "./socket-wire.js";
import { bufferSize } from "./tcp-options.js";

/** `udp-socket`. It lives as long as it or one of its streams does. */
export class UdpSocketResource extends Resource {
  readonly family: IpAddressFamily;
  readonly wire: SocketWire;
  readonly id: number;
  /** Ready once a bind can be finished. */
  readonly waitable: Waitable;
  /** Streams that were not dropped. */
  streams = 0;
  #binding: number | undefined;
  #local: Endpoint | undefined;
  #peer: Endpoint | undefined;
  #isDropped = false;
  #hopLimit = 64;
  #receiveBuffer = 212_992n;
  #sendBuffer = 212_992n;

  constructor(wire: SocketWire, family: IpAddressFamily) {
    super();
    this.wire = wire;
    this.id = wire.nextSocket();
    this.family = family;
    this.waitable = {
      waits: WAITS_FOR_HOST,
      ready: () => this.#binding === undefined || wire.has(this.#binding),
    };
  }

  startBind(address: IpSocketAddress): void {
    if (this.#binding !== undefined) refuse("concurrency-conflict");
    if (this.#local !== undefined) refuse("invalid-state");
    const local = localEndpoint(address, this.family);
    this.wire.checkGrant("start-bind", targetOf("udp", local));
    this.#binding = this.wire.send("udp-bind", { id: this.id, local });
  }

  finishBind(): void {
    if (this.#binding === undefined) return refuse("not-in-progress");
    const answer = this.wire.take(this.#binding);
    if (answer === undefined) return refuse("would-block");
    this.#binding = undefined;
    this.#local = headOf(answer) as Endpoint;
    this.#set({
      hopLimit: this.#hopLimit === 64 ? undefined : this.#hopLimit,
      receiveBufferSize: this.#receiveBuffer === 212_992n ? undefined : Number(this.#receiveBuffer),
      sendBufferSize: this.#sendBuffer === 212_992n ? undefined : Number(this.#sendBuffer),
    });
  }

  /** From here on datagrams are to and from that peer alone; undefined: anyone. */
  connect(address: IpSocketAddress | undefined): Endpoint | undefined {
    if (this.#local === undefined) refuse("invalid-state");
    const remote = address === undefined ? undefined : remoteEndpoint(address, this.family);
    headOf(this.wire.call("udp-peer", { id: this.id, remote }));
    this.#peer = remote;
    return remote;
  }

  get localAddress(): Endpoint {
    return this.#local ?? refuse("invalid-state");
  }

  get remoteAddress(): Endpoint {
    return this.#peer ?? refuse("invalid-state");
  }

  get hopLimit(): number {
    return this.#hopLimit;
  }

  set hopLimit(hopLimit: number) {
    if (hopLimit === 0) refuse("invalid-argument");
    this.#hopLimit = hopLimit;
    this.#set({ hopLimit });
  }

  get receiveBuffer(): bigint {
    return this.#receiveBuffer;
  }

  set receiveBuffer(size: bigint) {
    this.#receiveBuffer = bufferSize(size);
    this.#set({ receiveBufferSize: Number(this.#receiveBuffer) });
  }

  get sendBuffer(): bigint {
    return this.#sendBuffer;
  }

  set sendBuffer(size: bigint) {
    this.#sendBuffer = bufferSize(size);
    this.#set({ sendBufferSize: Number(this.#sendBuffer) });
  }

  override release(): void {
    this.#isDropped = true;
    this.wire.forget(this.#binding);
    this.left();
  }

  /** It or one of its streams was dropped. */
  left(): void {
    if (!this.#isDropped || this.streams > 0) return;
    if (this.#local !== undefined || this.#binding !== undefined) {
      this.wire.tell("close", { id: this.id });
    }
  }

  #set(options: Readonly<Record<string, number | undefined>>): void {
    if (this.#local === undefined) return;
    const given = Object.entries(options).filter(([, value]) => value !== undefined);
    if (given.length > 0) this.wire.tell("udp-set", { id: this.id, ...Object.fromEntries(given) });
  }
}
