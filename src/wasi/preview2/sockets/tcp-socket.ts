import type {
  IpAddressFamily,
  IpSocketAddress,
} from "@bytecodealliance/preview2-shim/interfaces/wasi-sockets-network";
import type { Connection, Endpoint } from "../../../base/socket-messages.js";
import { type Waitable, WAITS_FOR_HOST } from "../io/waitable.js";
import { Resource } from "../resource.js";
import { localEndpoint, remoteEndpoint } from "./address.js";
import { headOf, refuse } from "./refuse.js";
import { type SocketWire, targetOf } from "./socket-wire.js";
import { TcpOptions } from "./tcp-options.js";
import { TcpWire } from "./tcp-wire.js";

type State = "unbound" | "bound" | "listening" | "connected" | "closed";

/** An operation that was started, and its request. */
interface Pending {
  readonly operation: "bind" | "listen" | "connect";
  readonly request: number;
}

/** A connection that is there to be used. */
export interface Accepted {
  readonly socket: TcpSocketResource;
  readonly tcp: TcpWire;
}

/** `tcp-socket`: its states, as `wasi:sockets/tcp` has them. */
export class TcpSocketResource extends Resource {
  readonly family: IpAddressFamily;
  readonly options: TcpOptions;
  /** Ready once what was started can be finished, or a connection accepted. */
  readonly waitable: Waitable;
  readonly #wire: SocketWire;
  readonly #id: number;
  #state: State = "unbound";
  #pending: Pending | undefined;
  #local: Endpoint | undefined;
  #tcp: TcpWire | undefined;
  /** The app's side has a socket of this number. */
  #isThere = false;
  /** Waits for the next connection, whose socket will have the number `acceptAs`. */
  #accept: number | undefined;
  #acceptAs = 0;

  constructor(wire: SocketWire, family: IpAddressFamily, options = new TcpOptions()) {
    super();
    this.#wire = wire;
    this.#id = wire.nextSocket();
    this.family = family;
    this.options = options;
    this.waitable = { waits: WAITS_FOR_HOST, ready: () => this.#ready() };
  }

  startBind(address: IpSocketAddress): void {
    this.#mayStart("unbound");
    const local = localEndpoint(address, this.family);
    this.#wire.checkGrant("start-bind", targetOf("tcp", local));
    this.#start("bind", "tcp-bind", { id: this.#id, local });
  }

  finishBind(): void {
    this.#local = this.#finish("bind") as Endpoint;
    this.#isThere = true;
    this.#state = "bound";
  }

  startConnect(address: IpSocketAddress): void {
    this.#mayStart("unbound", "bound");
    const remote = remoteEndpoint(address, this.family);
    this.#wire.checkGrant("start-connect", targetOf("tcp", remote));
    this.#start("connect", "tcp-connect", { id: this.#id, remote });
  }

  finishConnect(): TcpWire {
    const { operation } = this.#pending ?? {};
    try {
      const tcp = new TcpWire(this.#wire, this.#id, this.#finish("connect") as Connection);
      this.#connected(tcp);
      return tcp;
    } catch (error) {
      // A socket connects once or never.
      if (operation === "connect" && this.#pending === undefined) this.#state = "closed";
      throw error;
    }
  }

  startListen(): void {
    this.#mayStart("bound");
    this.#start("listen", "tcp-listen", { id: this.#id });
  }

  finishListen(): void {
    this.#finish("listen");
    this.#state = "listening";
  }

  accept(): Accepted {
    if (this.#state !== "listening") refuse("invalid-state");
    const answer = this.#wire.take(this.#askForConnection());
    if (answer === undefined) return refuse("would-block");
    this.#accept = undefined;
    const connection = headOf(answer) as Connection;
    const socket = new TcpSocketResource(this.#wire, this.family, this.options.copy());
    const tcp = new TcpWire(this.#wire, this.#acceptAs, connection);
    socket.#connected(tcp);
    return { socket, tcp };
  }

  get localAddress(): Endpoint {
    return this.#tcp?.local ?? this.#local ?? refuse("invalid-state");
  }

  get remoteAddress(): Endpoint {
    return this.#tcp?.remote ?? refuse("invalid-state");
  }

  get isListening(): boolean {
    return this.#state === "listening";
  }

  setBacklog(size: bigint): void {
    if (size === 0n) refuse("invalid-argument");
    if (this.#tcp !== undefined || this.#state === "closed") refuse("invalid-state");
    if (this.#pending?.operation === "connect") refuse("invalid-state");
  }

  /** Tells the app's side what the options are now. */
  applyKeepAlive(): void {
    if (this.#tcp !== undefined) this.#wire.tell("tcp-keepalive", this.#keepAlive(this.#tcp));
  }

  shutdown(how: "receive" | "send" | "both"): void {
    if (this.#tcp === undefined) refuse("invalid-state");
    else this.#tcp.shutdown(how);
  }

  override release(): void {
    this.#wire.forget(this.#accept);
    // The connection that the guest would have accepted next may be there.
    if (this.#accept !== undefined) this.#wire.tell("close", { id: this.#acceptAs });
    this.#wire.forget(this.#pending?.request);
    if (this.#tcp !== undefined) this.#tcp.leave();
    else if (this.#isThere || this.#pending !== undefined)
      this.#wire.tell("close", { id: this.#id });
  }

  #connected(tcp: TcpWire): void {
    this.#tcp = tcp;
    this.#state = "connected";
    if (this.options.keepAlive) this.applyKeepAlive();
  }

  #keepAlive({ id }: TcpWire): unknown {
    return { id, enabled: this.options.keepAlive, idleMs: this.options.keepAliveIdleMs };
  }

  #mayStart(...from: readonly State[]): void {
    if (this.#pending !== undefined) refuse("concurrency-conflict");
    if (!from.includes(this.#state)) refuse("invalid-state");
  }

  #start(operation: Pending["operation"], op: string, head: unknown): void {
    this.#pending = { operation, request: this.#wire.send(op, head) };
  }

  #finish(operation: Pending["operation"]): unknown {
    if (this.#pending?.operation !== operation) return refuse("not-in-progress");
    const answer = this.#wire.take(this.#pending.request);
    if (answer === undefined) return refuse("would-block");
    this.#pending = undefined;
    return headOf(answer);
  }

  #ready(): boolean {
    // It was dropped: nothing comes any more.
    if (this.rep === 0) return true;
    if (this.#pending !== undefined) return this.#wire.has(this.#pending.request);
    return this.#state !== "listening" || this.#wire.has(this.#askForConnection());
  }

  #askForConnection(): number {
    if (this.#accept === undefined) {
      this.#acceptAs = this.#wire.nextSocket();
      this.#accept = this.#wire.send("tcp-accept", { id: this.#id, as: this.#acceptAs });
    }
    return this.#accept;
  }
}
