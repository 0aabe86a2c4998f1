/** wasi:sockets/udp and wasi:sockets/udp-create-socket. */
import type {
  IpAddressFamily,
  IpSocketAddress,
  Network,
} from "@bytecodealliance/preview2-shim/interfaces/wasi-sockets-network";
import type {
  IncomingDatagram,
  IncomingDatagramStream as IncomingForm,
  OutgoingDatagram,
  OutgoingDatagramStream as OutgoingForm,
  Pollable,
  UdpSocket as UdpSocketForm,
} from "@bytecodealliance/preview2-shim/interfaces/wasi-sockets-udp";
import type { Host } from "../host.js";
import type { PollInterface } from "../io/poll.js";
import { makeDroppable, type ObjectClass, objectOf, resourceOf } from "../object-form.js";
import { socketAddressOf } from "./address.js";
import type { SocketWires } from "./socket-wires.js";
import { UdpSocketResource } from "./udp-socket.js";
import { IncomingStream, OutgoingStream } from "./udp-streams.js";

export interface UdpInterfaces {
  readonly udp: {
    readonly UdpSocket: ObjectClass<UdpSocketForm>;
    readonly IncomingDatagramStream: ObjectClass<IncomingForm>;
    readonly OutgoingDatagramStream: ObjectClass<OutgoingForm>;
  };
  readonly udpCreateSocket: { createUdpSocket(family: IpAddressFamily): UdpSocketForm };
}

export function udpInterfaces(host: Host, poll: PollInterface, wires: SocketWires): UdpInterfaces {
  function socketOf(object: object): UdpSocketResource {
    host.enter();
    return resourceOf(host, UdpSocketResource, object);
  }

  class UdpSocket {
    startBind(_network: Network, local: IpSocketAddress): void {
      socketOf(this).startBind(local);
    }

    finishBind(): void {
      socketOf(this).finishBind();
    }

    stream(remote: IpSocketAddress | undefined): [IncomingForm, OutgoingForm] {
      const socket = socketOf(this);
      if (socket.streams > 0) host.trap("a socket's streams are there still");
      const peer = socket.connect(remote);
      const incoming = objectOf(host, IncomingDatagramStream, new IncomingStream(socket));
      const outgoing = objectOf(host, OutgoingDatagramStream, new OutgoingStream(socket, peer));
      return [incoming, outgoing];
    }

    localAddress(): IpSocketAddress {
      return socketAddressOf(socketOf(this).localAddress);
    }

    remoteAddress(): IpSocketAddress {
      return socketAddressOf(socketOf(this).remoteAddress);
    }

    addressFamily(): IpAddressFamily {
      return socketOf(this).family;
    }

    unicastHopLimit(): number {
      return socketOf(this).hopLimit;
    }

    setUnicastHopLimit(value: number): void {
      socketOf(this).hopLimit = value;
    }

    receiveBufferSize(): bigint {
      return socketOf(this).receiveBuffer;
    }

    setReceiveBufferSize(value: bigint): void {
      socketOf(this).receiveBuffer = value;
    }

    sendBufferSize(): bigint {
      return socketOf(this).sendBuffer;
    }

    setSendBufferSize(value: bigint): void {
      socketOf(this).sendBuffer = value;
    }

    subscribe(): Pollable {
      return poll.pollable(socketOf(this).waitable);
    }
  }

  class IncomingDatagramStream {
    receive(maxResults: bigint): IncomingDatagram[] {
      const process = host.enter();
      const received = resourceOf(host, IncomingStream, this).receive(maxResults);
      for (const { data } of received) process.usage.readBytes += data.length;
      return received;
    }

    subscribe(): Pollable {
      host.enter();
      return poll.pollable(resourceOf(host, IncomingStream, this).waitable);
    }
  }

  class OutgoingDatagramStream {
    checkSend(): bigint {
      host.enter();
      return BigInt(resourceOf(host, OutgoingStream, this).checkSend());
    }

    send(datagrams: OutgoingDatagram[]): bigint {
      const process = host.enter();
      const stream = resourceOf(host, OutgoingStream, this);
      if (!stream.mayTake(datagrams.length)) host.trap("more datagrams than check-send permits");
      const sent = stream.send(datagrams);
      for (const { data } of datagrams.slice(0, sent)) process.usage.writtenBytes += data.length;
      return BigInt(sent);
    }

    subscribe(): Pollable {
      host.enter();
      return poll.pollable(resourceOf(host, OutgoingStream, this).waitable);
    }
  }

  makeDroppable(host, UdpSocket, UdpSocketResource);
  makeDroppable(host, IncomingDatagramStream, IncomingStream);
  makeDroppable(host, OutgoingDatagramStream, OutgoingStream);
  return {
    udp: {
      UdpSocket: UdpSocket,
      IncomingDatagramStream: IncomingDatagramStream,
      OutgoingDatagramStream: OutgoingDatagramStream,
    },
    udpCreateSocket: {
      createUdpSocket(family) {
        const resource = new UdpSocketResource(wires.of(host.enter()), family);
        return objectOf(host, UdpSocket, resource);
      },
    },
  };
}
