import type { Denial } from "../fs/denial.js";
import { grantsSockets, type CheckedSockets } from "../services/checked-sockets.js";
import type { SocketRule } from "../services/socket-rule.js";
import { type CheckedServices, DEFAULT_STORE, NO_SERVICES } from "./check-service-grants.js";
import type { Grants } from "./grants.js";
import { shownEnvironment } from "./hidden-value.js";
import type { ProtocolGrant, SocketsGrant } from "./service-grants.js";

/** These grants in their shortest form, the values of secrets hidden. */
export function serviceGrantsOf(
  services: CheckedServices,
): Pick<Grants, "sockets" | "config" | "keyvalue" | "logging"> | undefined {
  if (services === NO_SERVICES) return undefined;
  const { sockets, config, configSecrets, keyvalue, logging } = services;
  return {
    ...(grantsSockets(sockets) ? { sockets: socketsGrantOf(sockets) } : undefined),
    ...(config.size > 0 ? { config: shownEnvironment(config, configSecrets) } : undefined),
    ...(keyvalue.length > 0 ? { keyvalue } : undefined),
    ...(logging === undefined ? undefined : { logging }),
  };
}

/** With every default filled in, the values of secrets hidden. */
export function shownServices({
  sockets,
  config,
  configSecrets,
  keyvalue,
  logging,
}: CheckedServices) {
  const texts = (rules: readonly SocketRule[]) => rules.map(({ text }) => text);
  return {
    sockets: {
      tcp: { connect: texts(sockets.tcpConnect), listen: texts(sockets.tcpListen) },
      udp: { connect: texts(sockets.udpConnect), listen: texts(sockets.udpListen) },
      lookup: sockets.lookup,
    },
    config: shownEnvironment(config, configSecrets),
    keyvalue,
    logging: logging ?? false,
  };
}

function socketsGrantOf(sockets: CheckedSockets): SocketsGrant {
  const { lookup } = sockets;
  const tcp = protocolOf(sockets.tcpConnect, sockets.tcpListen);
  const udp = protocolOf(sockets.udpConnect, sockets.udpListen);
  return {
    ...(tcp === undefined ? undefined : { tcp }),
    ...(udp === undefined ? undefined : { udp }),
    ...(lookup === true || lookup.length > 0 ? { lookup } : undefined),
  };
}

function protocolOf(
  connect: readonly SocketRule[],
  listen: readonly SocketRule[],
): ProtocolGrant | undefined {
  if (connect.length === 0 && listen.length === 0) return undefined;
  return {
    ...(connect.length > 0 ? { connect: connect.map(({ text }) => text) } : undefined),
    ...(listen.length > 0 ? { listen: listen.map(({ text }) => text) } : undefined),
  };
}

const TARGET = /^(?<protocol>tcp|udp):\/\/(?<address>.+)$/;

/** The least grant that would have allowed the call; the host's values are the host's to say. */
export function serviceGrantFor({ kind, call, path }: Denial): Grants | undefined {
  switch (kind) {
    case "sockets":
      return path === undefined ? undefined : socketGrantFor(call, path);
    case "keyvalue":
      return { keyvalue: [path === undefined || path === "" ? DEFAULT_STORE : path] };
    case "logging":
      return { logging: true };
    default:
      return undefined;
  }
}

function socketGrantFor(call: string, path: string): Grants | undefined {
  if (call === "resolve-addresses") return { sockets: { lookup: [path] } };
  const { protocol, address } = TARGET.exec(path)?.groups ?? {};
  if (address === undefined) return undefined;
  // Who sends by UDP has a port of the system's choice for it: what is missing then is where to.
  const list = call === "start-bind" ? "listen" : "connect";
  return { sockets: { [protocol === "udp" ? "udp" : "tcp"]: { [list]: [address] } } };
}
