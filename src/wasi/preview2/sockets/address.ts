/** Addresses of `wasi:sockets/network`, and what of them no socket takes. */
import type {
  IpAddress,
  IpAddressFamily,
  IpSocketAddress,
} from "@bytecodealliance/preview2-shim/interfaces/wasi-sockets-network";
import { formatIp, ipOfParts, parseIp, partsOfIp } from "../../../base/ip-address.js";
import { type IpNetwork, networkHas, parseNetwork } from "../../../base/ip-network.js";
import type { Endpoint } from "../../../base/socket-messages.js";
import { refuse } from "./refuse.js";

const OF_NO_SOCKET = [
  "224.0.0.0/4", // multicast
  "255.255.255.255", // broadcast
  "ff00::/8", // multicast
  "::ffff:0:0/96", // addresses of version 4 in disguise
];
/** Read when they are first asked for: most components have no sockets. */
let ofNoSocket: readonly IpNetwork[] | undefined;

export function endpointOf({ val: { address, port } }: IpSocketAddress): Endpoint {
  return [formatIp(ipOfParts(address)), port];
}

export function socketAddressOf([address, port]: Endpoint): IpSocketAddress {
  const found = ipAddressOf(address);
  if (found === undefined) return refuse("unknown");
  if (found.tag === "ipv4") return { tag: "ipv4", val: { port, address: found.val } };
  return { tag: "ipv6", val: { port, flowInfo: 0, address: found.val, scopeId: 0 } };
}

export function ipAddressOf(text: string): IpAddress | undefined {
  const ip = parseIp(text);
  if (ip === undefined) return undefined;
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = partsOfIp(ip);
  if (ip.family === 4) return { tag: "ipv4", val: [a, b, c, d] };
  return { tag: "ipv6", val: [a, b, c, d, e, f, g, h] };
}

/** The address of one host that a socket of that family may be bound to; refuses any other. */
export function localEndpoint(address: IpSocketAddress, family: IpAddressFamily): Endpoint {
  const { tag, val } = address;
  const ip = ipOfParts(val.address);
  ofNoSocket ??= OF_NO_SOCKET.flatMap((text) => parseNetwork(text) ?? []);
  if (tag !== family || ofNoSocket.some((network) => networkHas(network, ip))) {
    refuse("invalid-argument");
  }
  return endpointOf(address);
}

/** The address of one host that a socket of that family may send to; refuses any other. */
export function remoteEndpoint(address: IpSocketAddress, family: IpAddressFamily): Endpoint {
  const endpoint = localEndpoint(address, family);
  if (ipOfParts(address.val.address).value === 0n || endpoint[1] === 0) refuse("invalid-argument");
  return endpoint;
}
