import { formatIp, type IpAddress, parseIp } from "./ip-address.js";

/** All addresses with the same first `prefix` bits. */
export interface IpNetwork {
  readonly family: 4 | 6;
  /** Of the first address. */
  readonly value: bigint;
  readonly prefix: number;
}

const CIDR = /^(?<address>[^/]+)\/(?<prefix>\d{1,3})$/;

/** `10.0.0.0/8`, `fd00::/8`, or an address alone; undefined for anything else, also one with bits beyond its prefix. */
export function parseNetwork(text: string): IpNetwork | undefined {
  const { address = text, prefix } = CIDR.exec(text)?.groups ?? {};
  if (address.includes("%")) return undefined;
  const ip = parseIp(address);
  if (ip === undefined) return undefined;
  const width = widthOf(ip.family);
  const length = prefix === undefined ? width : Number(prefix);
  if (length > width) return undefined;
  const network: IpNetwork = { family: ip.family, value: ip.value, prefix: length };
  return cut(network, ip.value) === ip.value ? network : undefined;
}

export function formatNetwork({ family, value, prefix }: IpNetwork): string {
  const address = formatIp({ family, value });
  return prefix === widthOf(family) ? address : `${address}/${prefix}`;
}

export function networkHas(network: IpNetwork, { family, value }: IpAddress): boolean {
  return family === network.family && cut(network, value) === network.value;
}

/** Whether all addresses of `inner` are in `outer`. */
export function networkCovers(outer: IpNetwork, inner: IpNetwork): boolean {
  return inner.prefix >= outer.prefix && networkHas(outer, inner);
}

function widthOf(family: 4 | 6): number {
  return family === 4 ? 32 : 128;
}

function cut({ family, prefix }: IpNetwork, value: bigint): bigint {
  const rest = BigInt(widthOf(family) - prefix);
  return (value >> rest) << rest;
}
