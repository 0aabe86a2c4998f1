import { carriedHost, mappedNetwork } from "../base/carried-address.js";
import { parseIp } from "../base/ip-address.js";
import { type IpNetwork, networkAround, networkCovers, networkHas } from "../base/ip-network.js";
import { isPublicHost } from "../base/special-networks.js";

/** Whether a connection may go to an address. */
export type AddressRule = (address: string) => boolean;

/** The rule of a grant's `addresses`. */
export function addressRule(addresses: "public" | "any" | readonly string[]): AddressRule {
  if (addresses === "any") return (address) => parseIp(address) !== undefined;
  if (addresses === "public") return isPublic;
  const networks = networksOf(addresses);
  return (address) => {
    const ip = parseIp(address);
    if (ip === undefined) return false;
    const host = carriedHost(ip) ?? ip;
    return networks.some((network) => networkHas(network, host));
  };
}

/** Whether an address is of the public Internet. */
export function isPublic(address: string): boolean {
  const ip = parseIp(address);
  return ip !== undefined && isPublicHost(ip);
}

/** A range with its prefix, such as `10.0.0.0/8`; undefined for what is none. */
export function parseRange(text: string): string | undefined {
  const network = networkAround(text);
  if (network === undefined) return undefined;
  const [address = ""] = text.split("/");
  return `${address}/${network.prefix}`;
}

/** Whether each of the second list's ranges is in the first list. */
export function coversRanges(wide: readonly string[], narrow: readonly string[]): boolean {
  const outer = networksOf(wide);
  return networksOf(narrow).every((inner) =>
    outer.some((network) => networkCovers(network, inner)),
  );
}

function networksOf(ranges: readonly string[]): readonly IpNetwork[] {
  return ranges.flatMap((range) => {
    const network = networkAround(range);
    return network === undefined ? [] : [mappedNetwork(network) ?? network];
  });
}
