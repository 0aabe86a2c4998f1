import { connect } from "node:net";
import { formatIp, parseIp } from "../base/ip-address.js";
import { Turns } from "../base/turns.js";
import { HostRefusal, type HostReply, type HostService } from "../base/host-service.js";
import type {
  AcceptRequest,
  BindRequest,
  ConnectRequest,
  Endpoint,
  KeepAliveRequest,
  LookupRequest,
  PeerRequest,
  ReceiveRequest,
  SendRequest,
  ShutdownRequest,
  SocketRequest,
  UdpOptions,
} from "../base/socket-messages.js";
import { type CheckedSockets, mayLookUp } from "./checked-sockets.js";
import { normalName } from "../base/domain-name.js";
import { NamePins } from "./name-pins.js";
import { checkedAddresses, type NameResolver } from "./resolve-name.js";
import { socketRefusal } from "./socket-error.js";
import { mayConnect, mayListen } from "./socket-rule.js";
import type { SocketUses } from "./socket-uses.js";
import { TcpConnection } from "./tcp-connection.js";
import { TcpListener } from "./tcp-listener.js";
import { UdpSocket } from "./udp-socket.js";

/** A call that no grant allows. */
export interface RefusedSocket {
  /** The function of WASI. */
  readonly call: "start-connect" | "start-bind" | "send" | "resolve-addresses";
  /** `tcp://10.0.0.5:5432`, `udp://[::1]:53`, or the name that was to be looked up. */
  readonly target: string;
}

export interface SocketSessionParts {
  granted(): CheckedSockets;
  readonly resolve: NameResolver;
  /** One more socket; false if there are too many. */
  take(): boolean;
  giveBack(): void;
  readonly uses: SocketUses;
  ended(): void;
}

/** Time to connect, in ms: what systems take at most is minutes, and a guest's thread waits. */
const CONNECT_MS = 30_000;
const NOTHING: HostReply = {};

type Open = TcpConnection | TcpListener | UdpSocket;

/** The sockets of one process. */
export class SocketSession implements HostService {
  readonly #parts: SocketSessionParts;
  readonly #refused: (call: RefusedSocket) => void;
  readonly #open = new Map<number, Open>();
  readonly #pins = new NamePins();
  /** One name after the other: a guest that asks for many does not keep others from theirs. */
  readonly #lookups = new Turns(1);
  #isOver = false;

  constructor(parts: SocketSessionParts, refused: (call: RefusedSocket) => void) {
    this.#parts = parts;
    this.#refused = refused;
  }

  async call(op: string, head: unknown, body: Uint8Array, signal: AbortSignal): Promise<HostReply> {
    switch (op) {
      case "tcp-bind":
        return await this.#bindTcp(head as BindRequest, signal);
      case "tcp-listen":
        this.#listener((head as SocketRequest).id).listen();
        return NOTHING;
      case "tcp-accept":
        return await this.#accept(head as AcceptRequest, signal);
      case "tcp-connect":
        return await this.#connect(head as ConnectRequest, signal);
      case "tcp-receive": {
        const { id, max } = head as ReceiveRequest;
        return await this.#connection(id).receive(max, signal);
      }
      case "tcp-send":
        return await this.#connection((head as SocketRequest).id).send(body);
      case "tcp-shutdown": {
        const { id, how } = head as ShutdownRequest;
        this.#connection(id).shutdown(how);
        return NOTHING;
      }
      case "tcp-keepalive": {
        const { id, enabled, idleMs } = head as KeepAliveRequest;
        this.#connection(id).keepAlive(enabled, idleMs);
        return NOTHING;
      }
      case "udp-bind":
        return await this.#bindUdp(head as BindRequest, signal);
      case "udp-peer":
        return this.#setPeer(head as PeerRequest);
      case "udp-send":
        return await this.#send(head as SendRequest, body);
      case "udp-receive": {
        const { id, max } = head as ReceiveRequest;
        return await this.#udp(id).receive(max, signal);
      }
      case "udp-set":
        this.#udp((head as SocketRequest).id).set(head as UdpOptions);
        return NOTHING;
      case "close":
        this.#close((head as SocketRequest).id);
        return NOTHING;
      case "lookup":
        return { head: await this.#lookUp(head as LookupRequest, signal) };
      default:
        throw new HostRefusal("not-supported");
    }
  }

  end(): void {
    this.#isOver = true;
    for (const id of this.#open.keys()) this.#close(id);
    this.#parts.ended();
  }

  /** Less is granted than before. */
  recheck(): void {
    const denied = new HostRefusal("access-denied");
    const { tcpListen } = this.#parts.granted();
    for (const open of this.#open.values()) {
      if (open instanceof TcpConnection) {
        const { listener } = open;
        const isGranted =
          listener === undefined
            ? this.#mayConnect("tcpConnect", open.remote)
            : tcpListen.some((rule) => mayListen(rule, listener));
        if (!isGranted) open.cut(denied);
      } else if (open instanceof TcpListener) {
        if (!tcpListen.some((rule) => mayListen(rule, open.local))) void open.close(denied);
      } else if (!this.#mayBindUdp(open.local, true)) open.close(denied);
    }
  }

  async #bindTcp({ id, local }: BindRequest, signal: AbortSignal): Promise<HostReply> {
    const { tcpListen } = this.#parts.granted();
    if (!tcpListen.some((rule) => mayListen(rule, local))) this.#deny("start-bind", "tcp", local);
    const listener = await this.#opening(() => TcpListener.bind(local, this.#parts));
    this.#parts.uses.add("tcp.listen", textOf(local));
    this.#keep(id, listener, signal);
    return { head: listener.local };
  }

  async #bindUdp({ id, local }: BindRequest, signal: AbortSignal): Promise<HostReply> {
    if (!this.#mayBindUdp(local, false)) this.#deny("start-bind", "udp", local);
    const socket = await this.#opening(() =>
      UdpSocket.bind(local, (from) => this.#hears(local, from)),
    );
    if (this.#mayListenUdp(local)) this.#parts.uses.add("udp.listen", textOf(local));
    this.#keep(id, socket, signal);
    return { head: socket.local };
  }

  /** Whoever may send needs a port of his own, of the system's choice. */
  #mayBindUdp(local: Endpoint, isBound: boolean): boolean {
    const { udpConnect } = this.#parts.granted();
    if (this.#mayListenUdp(local)) return true;
    return udpConnect.length > 0 && isUnspecified(local) && (isBound || local[1] === 0);
  }

  /** Whoever may only send hears those that he may send to. */
  #hears(local: Endpoint, from: Endpoint): boolean {
    return this.#mayListenUdp(local) || this.#mayConnect("udpConnect", from);
  }

  #mayListenUdp(local: Endpoint): boolean {
    return this.#parts.granted().udpListen.some((rule) => mayListen(rule, local));
  }

  async #accept({ id, as }: AcceptRequest, signal: AbortSignal): Promise<HostReply> {
    const listener = this.#listener(id);
    const socket = await listener.accept(signal);
    if (this.#isOver || signal.aborted) {
      socket.resetAndDestroy();
      this.#parts.giveBack();
      throw new HostRefusal("connection-aborted");
    }
    const connection = new TcpConnection(socket, () => this.#parts.giveBack(), listener.local);
    this.#keep(as, connection, signal);
    return { head: connection.connection };
  }

  async #connect({ id, remote }: ConnectRequest, signal: AbortSignal): Promise<HostReply> {
    if (!this.#mayConnect("tcpConnect", remote)) this.#deny("start-connect", "tcp", remote);
    const bound = this.#open.get(id);
    let local: Endpoint | undefined;
    if (bound instanceof TcpListener) {
      local = bound.local;
      this.#open.delete(id);
      await bound.close();
      this.#parts.giveBack();
    }
    const connection = await this.#opening(() => this.#dial(remote, local, signal));
    this.#parts.uses.add("tcp.connect", this.#grantedAs("tcpConnect", remote));
    this.#keep(id, connection, signal);
    return { head: connection.connection };
  }

  #dial(
    [host, port]: Endpoint,
    local: Endpoint | undefined,
    signal: AbortSignal,
  ): Promise<TcpConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect({
        host,
        port,
        allowHalfOpen: true,
        noDelay: true,
        autoSelectFamily: false,
        ...(local === undefined ? undefined : { localAddress: local[0], localPort: local[1] }),
      });
      const fail = (error: unknown): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", aborted);
        socket.destroy();
        reject(socketRefusal(error));
      };
      const aborted = (): void => fail(new HostRefusal("connection-aborted"));
      const timer = setTimeout(() => fail(new HostRefusal("timeout")), CONNECT_MS);
      timer.unref();
      signal.addEventListener("abort", aborted);
      if (signal.aborted) aborted();
      socket.on("error", fail);
      socket.once("connect", () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", aborted);
        socket.off("error", fail);
        resolve(new TcpConnection(socket, () => this.#parts.giveBack()));
      });
    });
  }

  #setPeer({ id, remote }: PeerRequest): HostReply {
    if (remote !== undefined && !this.#mayConnect("udpConnect", remote)) {
      this.#deny("send", "udp", remote);
    }
    this.#udp(id).peer = remote;
    return NOTHING;
  }

  async #send({ id, datagrams }: SendRequest, body: Uint8Array): Promise<HostReply> {
    const head = await this.#udp(id).send(datagrams, body, (to) => {
      if (this.#mayConnect("udpConnect", to)) {
        this.#parts.uses.add("udp.connect", this.#grantedAs("udpConnect", to));
        return true;
      }
      this.#refused({ call: "send", target: targetOf("udp", to) });
      return false;
    });
    return { head };
  }

  async #lookUp({ name: given }: LookupRequest, signal: AbortSignal): Promise<readonly string[]> {
    const granted = this.#parts.granted();
    // An address is its own answer, whoever asks: nobody is asked.
    const ip = parseIp(given);
    if (ip !== undefined) return [formatIp(ip)];
    const name = normalName(given);
    if (name === undefined) throw new HostRefusal("invalid-argument");
    if (!mayLookUp(granted, name)) {
      this.#refused({ call: "resolve-addresses", target: name });
      throw new HostRefusal("access-denied");
    }
    let answer: unknown;
    try {
      const done = await this.#lookups.take(signal);
      answer = await this.#parts.resolve(name, signal).finally(done);
    } catch (error) {
      throw socketRefusal(error, "permanent-resolver-failure");
    }
    const rules = [...granted.tcpConnect, ...granted.udpConnect];
    const found = checkedAddresses(answer).filter((address) => this.#pins.isShown(address, rules));
    if (found.length === 0) throw new HostRefusal("name-unresolvable");
    this.#parts.uses.add("lookup", name);
    this.#pins.add(name, found);
    return found;
  }

  #mayConnect(list: "tcpConnect" | "udpConnect", to: Endpoint): boolean {
    const rules = this.#parts.granted()[list];
    return (
      rules.some((rule) => mayConnect(rule, to)) || this.#pins.nameFor(rules, to) !== undefined
    );
  }

  /** The peer's address, or the name by which alone it is granted. */
  #grantedAs(list: "tcpConnect" | "udpConnect", to: Endpoint): string {
    const rules = this.#parts.granted()[list];
    if (rules.some((rule) => mayConnect(rule, to))) return textOf(to);
    return textOf([this.#pins.nameFor(rules, to) ?? to[0], to[1]]);
  }

  #deny(call: RefusedSocket["call"], protocol: "tcp" | "udp", to: Endpoint): never {
    this.#refused({ call, target: targetOf(protocol, to) });
    throw new HostRefusal("access-denied");
  }

  /** Counts a socket before it is there, so that many at once are not too many. */
  async #opening<T extends Open>(open: () => Promise<T>): Promise<T> {
    if (!this.#parts.take()) throw new HostRefusal("new-socket-limit");
    try {
      return await open();
    } catch (error) {
      this.#parts.giveBack();
      throw error;
    }
  }

  /** What was opened for a process that is over by now, or has dropped its socket, is closed. */
  #keep(id: number, open: Open, signal: AbortSignal): void {
    this.#close(id);
    this.#open.set(id, open);
    if (!this.#isOver && !signal.aborted) return;
    this.#close(id);
    throw new HostRefusal("connection-aborted");
  }

  #close(id: number): void {
    const open = this.#open.get(id);
    if (open === undefined) return;
    this.#open.delete(id);
    if (open instanceof TcpConnection) open.close();
    else {
      void open.close();
      this.#parts.giveBack();
    }
  }

  #connection(id: number): TcpConnection {
    const open = this.#open.get(id);
    if (open instanceof TcpConnection) return open;
    throw new HostRefusal("invalid-state");
  }

  #listener(id: number): TcpListener {
    const open = this.#open.get(id);
    if (open instanceof TcpListener) return open;
    throw new HostRefusal("invalid-state");
  }

  #udp(id: number): UdpSocket {
    const open = this.#open.get(id);
    if (open instanceof UdpSocket) return open;
    throw new HostRefusal("invalid-state");
  }
}

function targetOf(protocol: "tcp" | "udp", endpoint: Endpoint): string {
  return `${protocol}://${textOf(endpoint)}`;
}

function textOf([address, port]: Endpoint): string {
  return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}

function isUnspecified([address]: Endpoint): boolean {
  return parseIp(address)?.value === 0n;
}
