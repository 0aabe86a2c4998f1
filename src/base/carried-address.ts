/** Networks of IPv6 whose addresses have one of IPv4 in them, which is where packets to them go. */
import type { IpAddress } from "./ip-address.js";
import { type IpNetwork, networkCovers, networkOf, parseNetwork } from "./ip-network.js";

const V4_BITS = 32;

/** The 32 bits behind each prefix are the address. */
const CARRIERS = {
  mapped: "::ffff:0:0/96", // RFC 4291 section 2.5.5.2
  translated: "64:ff9b::/96", // NAT64, RFC 6052 section 2.1
  relayed: "2002::/16", // 6to4, RFC 3056: to a relay or a router of that address
};
type Carrier = keyof typeof CARRIERS;

/** Read when they are first asked for. */
let carriers: ReadonlyMap<Carrier, IpNetwork> | undefined;

/** A network of IPv4 in one of IPv6. */
export interface CarriedNetwork {
  readonly carrier: IpNetwork;
  readonly network: IpNetwork;
}

/** The IPv4 host that has the address of IPv6 too; undefined for any other address. */
export function carriedHost(address: IpAddress): IpAddress | undefined {
  return carriedBy(["mapped", "translated"], networkOf(address))?.network;
}

/** The network of IPv4 that is written as one of IPv6, `::ffff:10.0.0.0/104`; undefined for any other. */
export function mappedNetwork(network: IpNetwork): IpNetwork | undefined {
  return carriedBy(["mapped"], network)?.network;
}

/** What of IPv4 all addresses of a network lead to, relays included; undefined where they carry none. */
export function carriedNetwork(network: IpNetwork): CarriedNetwork | undefined {
  return carriedBy(["mapped", "translated", "relayed"], network);
}

/** The network of IPv6 by which a carrier leads to one of IPv4. */
export function carryingNetwork({ carrier, network }: CarriedNetwork): IpNetwork {
  const prefix = carrier.prefix + network.prefix;
  const value = carrier.value | (network.value << shiftOf(carrier));
  return { family: 6, value, prefix };
}

function carriedBy(kinds: readonly Carrier[], network: IpNetwork): CarriedNetwork | undefined {
  if (network.family === 4) return undefined;
  carriers ??= readCarriers();
  for (const kind of kinds) {
    const carrier = carriers.get(kind);
    if (carrier === undefined || !networkCovers(carrier, network)) continue;
    const value = BigInt.asUintN(V4_BITS, network.value >> shiftOf(carrier));
    const prefix = Math.min(network.prefix - carrier.prefix, V4_BITS);
    return { carrier, network: { family: 4, value, prefix } };
  }
  return undefined;
}

/** Bits behind the carried address. */
function shiftOf({ prefix }: IpNetwork): bigint {
  return BigInt(128 - V4_BITS - prefix);
}

function readCarriers(): ReadonlyMap<Carrier, IpNetwork> {
  const entries = Object.entries(CARRIERS) as [Carrier, string][];
  return new Map(
    entries.flatMap(([kind, text]) => {
      const network = parseNetwork(text);
      return network === undefined ? [] : [[kind, network]];
    }),
  );
}
