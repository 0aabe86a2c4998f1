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
  const { network, value } = readNetwork(text) ?? {};
  return network?.value === value ? network : undefined;
}

/** As {@link parseNetwork}, and the network around an address with bits beyond the prefix: `10.1.2.3/8`. */
export function networkAround(text: string): IpNetwork | undefined {
  return readNetwork(text)?.network;
}

function readNetwork(
  text: string,
): { readonly network: IpNetwork; readonly value: bigint } | undefined {
  const { address = text, prefix } = CIDR.exec(text)?.groups ?? {};
  if (address.includes("%")) return undefined;
  const ip = parseIp(address);
  if (ip === undefined) return undefined;
  const { family, value } = ip;
  const width = widthOf(family);
  const length = prefix === undefined ? width : Number(prefix);
  if (length > width) return undefined;
  return {
    network: { family, value: cut({ family, prefix: length }, value), prefix: length },
    value,
  };
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

/** Of that address alone. */
export function networkOf({ family, value }: IpAddress): IpNetwork {
  return { family, value, prefix: widthOf(family) };
}

function widthOf(family: 4 | 6): number {
  return family === 4 ? 32 : 128;
}

function cut({ family, prefix }: Omit<IpNetwork, "value">, value: bigint): bigint {
  const rest = BigInt(widthOf(family) - prefix);
  return (value >> rest) << rest;
}
