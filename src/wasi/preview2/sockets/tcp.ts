/** wasi:sockets/tcp and wasi:sockets/tcp-create-socket. */
import type {
  IpAddressFamily,
  IpSocketAddress,
  Network,
} from "@bytecodealliance/preview2-shim/interfaces/wasi-sockets-network";
import type {
  InputStream,
  OutputStream,
  Pollable,
  ShutdownType,
  TcpSocket as TcpSocketForm,
} from "@bytecodealliance/preview2-shim/interfaces/wasi-sockets-tcp";
import type { Host } from "../host.js";
import type { PollInterface } from "../io/poll.js";
import type { StreamsInterface } from "../io/streams.js";
import { makeDroppable, type ObjectClass, objectOf, resourceOf } from "../object-form.js";
import { socketAddressOf } from "./address.js";
import type { SocketWires } from "./socket-wires.js";
import { TcpSocketResource } from "./tcp-socket.js";
import { TcpInput, TcpOutput, type TcpWire } from "./tcp-wire.js";

export interface TcpInterfaces {
  readonly tcp: { readonly TcpSocket: ObjectClass<TcpSocketForm> };
  readonly tcpCreateSocket: { createTcpSocket(family: IpAddressFamily): TcpSocketForm };
}

export function tcpInterfaces(
  host: Host,
  streams: StreamsInterface,
  poll: PollInterface,
  wires: SocketWires,
): TcpInterfaces {
  function socketOf(object: object): TcpSocketResource {
    host.enter();
    return resourceOf(host, TcpSocketResource, object);
  }

  function streamsOf(tcp: TcpWire): [InputStream, OutputStream] {
    return [streams.input(new TcpInput(tcp)), streams.output(new TcpOutput(tcp))];
  }

  class TcpSocket {
    startBind(_network: Network, local: IpSocketAddress): void {
      socketOf(this).startBind(local);
    }

    finishBind(): void {
      socketOf(this).finishBind();
    }

    startConnect(_network: Network, remote: IpSocketAddress): void {
      socketOf(this).startConnect(remote);
    }

    finishConnect(): [InputStream, OutputStream] {
      return streamsOf(socketOf(this).finishConnect());
    }

    startListen(): void {
      socketOf(this).startListen();
    }

    finishListen(): void {
      socketOf(this).finishListen();
    }

    accept(): [TcpSocketForm, InputStream, OutputStream] {
      const { socket, tcp } = socketOf(this).accept();
      return [objectOf(host, TcpSocket, socket), ...streamsOf(tcp)];
    }

    localAddress(): IpSocketAddress {
      return socketAddressOf(socketOf(this).localAddress);
    }

    remoteAddress(): IpSocketAddress {
      return socketAddressOf(socketOf(this).remoteAddress);
    }

    isListening(): boolean {
      return socketOf(this).isListening;
    }

    addressFamily(): IpAddressFamily {
      return socketOf(this).family;
    }

    setListenBacklogSize(value: bigint): void {
      socketOf(this).setBacklog(value);
    }

    keepAliveEnabled(): boolean {
      return socketOf(this).options.keepAlive;
    }

    setKeepAliveEnabled(value: boolean): void {
      const socket = socketOf(this);
      socket.options.keepAlive = value;
      socket.applyKeepAlive();
    }

    keepAliveIdleTime(): bigint {
      return socketOf(this).options.idleTime;
    }

    setKeepAliveIdleTime(value: bigint): void {
      const socket = socketOf(this);
      socket.options.idleTime = value;
      socket.applyKeepAlive();
    }

    keepAliveInterval(): bigint {
      return socketOf(this).options.interval;
    }

    setKeepAliveInterval(value: bigint): void {
      socketOf(this).options.interval = value;
    }

    keepAliveCount(): number {
      return socketOf(this).options.count;
    }

    setKeepAliveCount(value: number): void {
      socketOf(this).options.count = value;
    }

    hopLimit(): number {
      return socketOf(this).options.hopLimit;
    }

    setHopLimit(value: number): void {
      socketOf(this).options.hopLimit = value;
    }

    receiveBufferSize(): bigint {
      return socketOf(this).options.receiveBuffer;
    }

    setReceiveBufferSize(value: bigint): void {
      socketOf(this).options.receiveBuffer = value;
    }

    sendBufferSize(): bigint {
      return socketOf(this).options.sendBuffer;
    }

    setSendBufferSize(value: bigint): void {
      socketOf(this).options.sendBuffer = value;
    }

    subscribe(): Pollable {
      return poll.pollable(socketOf(this).waitable);
    }

    shutdown(how: ShutdownType): void {
      socketOf(this).shutdown(how);
    }
  }

  makeDroppable(host, TcpSocket, TcpSocketResource);
  return {
    tcp: { TcpSocket: TcpSocket },
    tcpCreateSocket: {
      createTcpSocket(family) {
        const resource = new TcpSocketResource(wires.of(host.enter()), family);
        return objectOf(host, TcpSocket, resource);
      },
    },
  };
}
