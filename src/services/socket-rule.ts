import type { Endpoint } from "../base/socket-messages.js";
import { type IpAddress, parseIp } from "../base/ip-address.js";
import { type IpNetwork, networkCovers, networkHas, parseNetwork } from "../base/ip-network.js";
import { specialNetworkAround, specialNetworkOf } from "../base/special-networks.js";
import { nameMatches, parseNamePattern, patternCovers } from "../base/domain-name.js";

/** One address or name with its ports, as a grant has it. */
export interface SocketRule {
  /** As it was written. */
  readonly text: string;
  /** Undefined, as `name` is: any public address. */
  readonly network: IpNetwork | undefined;
  /** `db.example.com`, `*.example.com`; where it leads is known once it was looked up. */
  readonly name: string | undefined;
  readonly firstPort: number;
  readonly lastPort: number;
}

const MAX_PORT = 65_535;
const RULE =
  /^(?:\[(?<v6>[0-9a-fA-F:.]+(?:\/\d+)?)\]|(?<host>[^:[\]]+)):(?<ports>\*|\d{1,5}(?:-\d{1,5})?)$/;

/**
 * `10.0.0.5:5432`, `192.168.0.0/16:*`, `[::1]:80-90`, `*:443`, `db.example.com:5432`.
 *
 * @param use - names and `*` are nothing to listen on, and port 0 is none to connect to
 * @returns undefined for anything else
 */
export function parseSocketRule(text: string, use: "connect" | "listen"): SocketRule | undefined {
  const { v6, host, ports } = RULE.exec(text)?.groups ?? {};
  const range = portsOf(ports, use === "listen" ? 0 : 1);
  if (range === undefined) return undefined;
  const [firstPort, lastPort] = range;
  const network = parseNetwork(v6 ?? host ?? "");
  if (network !== undefined) {
    if ((network.family === 6) !== (v6 !== undefined)) return undefined;
    return { text, network, name: undefined, firstPort, lastPort };
  }
  if (host === undefined || use === "listen") return undefined;
  if (host === "*") return { text, network, name: undefined, firstPort, lastPort };
  const name = parseNamePattern(host);
  return name === undefined ? undefined : { text, network, name, firstPort, lastPort };
}

function portsOf(
  ports: string | undefined,
  lowest: number,
): readonly [first: number, last: number] | undefined {
  if (ports === undefined) return undefined;
  if (ports === "*") return [lowest, MAX_PORT];
  const [first = 0, last = first] = ports.split("-").map(Number);
  return first < lowest || last > MAX_PORT || last < first ? undefined : [first, last];
}

/**
 * Whether the rule lets a guest connect there. A special address (private, loopback, metadata, …) wants a rule
 * that names its network or a part of it: neither `*` nor `0.0.0.0/0` is one.
 */
export function mayConnect(rule: SocketRule, [address, port]: Endpoint): boolean {
  const ip = parseIp(address);
  if (ip === undefined || !hasPort(rule, port) || rule.name !== undefined) return false;
  return reaches(rule, ip);
}

/** Whether the rule's addresses have this one, whatever the port. */
export function reaches({ network, name }: SocketRule, ip: IpAddress): boolean {
  if (name !== undefined) return false;
  const special = specialNetworkOf(ip);
  if (network === undefined) return special === undefined;
  return networkHas(network, ip) && (special === undefined || networkCovers(special, network));
}

/** Whether the rule lets a guest have that address as its own. */
export function mayListen(rule: SocketRule, [address, port]: Endpoint): boolean {
  const ip = parseIp(address);
  const { network } = rule;
  return (
    ip !== undefined && network !== undefined && hasPort(rule, port) && networkHas(network, ip)
  );
}

/** Whether the rule is of that name, which is in lower case. */
export function isNamed({ name }: SocketRule, host: string): boolean {
  return name !== undefined && nameMatches(name, host);
}

export function hasPort({ firstPort, lastPort }: SocketRule, port: number): boolean {
  return port >= firstPort && port <= lastPort;
}

/** Whether all that `inner` allows is allowed by `outer`. */
export function ruleCovers(outer: SocketRule, inner: SocketRule): boolean {
  if (!hasPort(outer, inner.firstPort) || !hasPort(outer, inner.lastPort)) return false;
  if (outer.name !== undefined || inner.name !== undefined) {
    if (outer.name === undefined || inner.name === undefined) return false;
    return patternCovers(outer.name, inner.name);
  }
  if (inner.network === undefined) return outer.network === undefined;
  if (outer.network !== undefined) return coversNetwork(outer.network, inner.network);
  return specialNetworkAround(inner.network) === undefined;
}

/** A wider network does not allow the special addresses that a narrow one names. */
function coversNetwork(outer: IpNetwork, inner: IpNetwork): boolean {
  if (!networkCovers(outer, inner)) return false;
  const special = specialNetworkAround(inner);
  return special === undefined || networkCovers(special, outer);
}
