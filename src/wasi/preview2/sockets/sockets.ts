/** wasi:sockets over the app's service of that name. */
import type { Host } from "../host.js";
import type { PollInterface } from "../io/poll.js";
import type { StreamsInterface } from "../io/streams.js";
import { nameLookupInterface } from "./ip-name-lookup.js";
import { networkInterfaces } from "./network.js";
import { SocketWires } from "./socket-wires.js";
import { tcpInterfaces } from "./tcp.js";
import { udpInterfaces } from "./udp.js";

export function socketInterfaces(host: Host, streams: StreamsInterface, poll: PollInterface) {
  const wires = new SocketWires();
  const { network, instanceNetwork } = networkInterfaces(host);
  const { tcp, tcpCreateSocket } = tcpInterfaces(host, streams, poll, wires);
  const { udp, udpCreateSocket } = udpInterfaces(host, poll, wires);
  return {
    "wasi:sockets/network": network,
    "wasi:sockets/instance-network": instanceNetwork,
    "wasi:sockets/tcp": tcp,
    "wasi:sockets/tcp-create-socket": tcpCreateSocket,
    "wasi:sockets/udp": udp,
    "wasi:sockets/udp-create-socket": udpCreateSocket,
    "wasi:sockets/ip-name-lookup": nameLookupInterface(host, poll, wires),
  };
}
