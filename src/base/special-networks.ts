/**
 * Addresses that are not of the public Internet (IANA's registries of special-purpose addresses, RFC 6890):
 * whoever is allowed "any address" or "public" ones does not get these by it.
 */
import { carriedHost, carriedNetwork, carryingNetwork } from "./carried-address.js";
import type { IpAddress } from "./ip-address.js";
import { type IpNetwork, networkCovers, networkOf, parseNetwork } from "./ip-network.js";

const NETWORKS: readonly string[] = [
  "0.0.0.0/8", // this network; 0.0.0.0 is the machine itself
  "10.0.0.0/8", // private
  "100.64.0.0/10", // shared by a carrier's customers
  "127.0.0.0/8", // the machine itself
  "169.254.0.0/16", // link-local
  "172.16.0.0/12", // private
  "192.0.0.0/24", // protocol assignments
  "192.0.2.0/24", // documentation
  "192.31.196.0/24", // AS112: name servers of private addresses, whichever is near
  "192.52.193.0/24", // AMT: relays of multicast, whichever is near
  "192.88.99.0/24", // relays from 6to4
  "192.168.0.0/16", // private
  "192.175.48.0/24", // AS112
  "198.18.0.0/15", // benchmarks
  "198.51.100.0/24", // documentation
  "203.0.113.0/24", // documentation
  "224.0.0.0/4", // multicast
  "240.0.0.0/4", // reserved, and broadcast
  // Of version 6, 2000::/3 alone is given out; the next three are all the rest.
  "::/3",
  "4000::/2",
  "8000::/1",
  "::/96", // unspecified, loopback, IPv4-compatible
  "::ffff:0:0/96", // IPv4-mapped
  "::ffff:0:0:0/96", // IPv4-translated
  "64:ff9b::/96", // NAT64: the last 32 bits are an IPv4 address
  "64:ff9b:1::/48", // NAT64 of a local network
  "100::/64", // discarded
  "2001::/23", // protocol assignments: Teredo, ORCHID, benchmarks
  "2001:db8::/32", // documentation
  "2002::/16", // 6to4: the next 32 bits are an IPv4 address
  "2620:4f:8000::/48", // AS112
  "3fff::/20", // documentation
  "5f00::/16", // segment routing
  "fc00::/7", // unique local
  "fe80::/10", // link-local
  "fec0::/10", // site-local
  "ff00::/8", // multicast
];

/** Where clouds keep a machine's credentials: named alone, or not reached. */
const METADATA: readonly string[] = [
  "169.254.169.254", // AWS, Azure, Google, and others after them
  "169.254.170.2", // AWS containers
  "169.254.170.23", // AWS pods
  "100.100.100.200", // Alibaba
  "168.63.129.16", // Azure, of a public range
  "192.0.0.192", // Oracle
  "fd00:ec2::254", // AWS
  "fd00:ec2::23", // AWS pods
  "fd20:ce::254", // Google
];

/** Read when they are first asked for: Node takes milliseconds to see its first address of version 6. */
let special: readonly IpNetwork[] | undefined;

/** {@link specialNetworkAround} one address. */
export function specialNetworkOf(address: IpAddress): IpNetwork | undefined {
  return specialNetworkAround(networkOf(address));
}

/**
 * The narrowest of the networks above that has all of a network; undefined where there is none. One of IPv6
 * whose packets go to a special network of IPv4 is told by that one: `64:ff9b::10.0.0.0/104`.
 */
export function specialNetworkAround(inner: IpNetwork): IpNetwork | undefined {
  const carried = carriedNetwork(inner);
  if (carried !== undefined) {
    const network = narrowestAround(carried.network);
    if (network !== undefined) return carryingNetwork({ ...carried, network });
  }
  return narrowestAround(inner);
}

/** Whether a host is of the public Internet. One of IPv4 has its addresses of IPv6 too (mapped, NAT64). */
export function isPublicHost(address: IpAddress): boolean {
  return specialNetworkOf(carriedHost(address) ?? address) === undefined;
}

function narrowestAround(inner: IpNetwork): IpNetwork | undefined {
  let narrowest: IpNetwork | undefined;
  special ??= [...METADATA, ...NETWORKS].flatMap((text) => parseNetwork(text) ?? []);
  for (const network of special) {
    if (!networkCovers(network, inner)) continue;
    if (narrowest === undefined || network.prefix > narrowest.prefix) narrowest = network;
  }
  return narrowest;
}
