import type { SocketGrantName } from "../services/socket-uses.js";
import type { ContainerAudit } from "./container-audit.js";
import { mergedSockets } from "./merged-sockets.js";
import type { Grants, SocketsGrant } from "./grants.js";

/** The least of the app's services that would have been enough for what was done and refused. */
export function leastServices(
  audit: ContainerAudit,
): Pick<Grants, "sockets" | "config" | "keyvalue" | "logging"> {
  const { grants, config, logging, denials } = audit;
  const wanted = denials.flatMap(({ grant }) => (grant === undefined ? [] : [grant]));
  const sockets = mergedSockets([
    ...(audit.sockets ?? []).map(({ grant, target }) => socketGrantOf(grant, target)),
    ...wanted.flatMap((grant) => grant.sockets ?? []),
  ]);
  const stores = new Set([
    ...(audit.keyvalue ?? []),
    ...wanted.flatMap((grant) => grant.keyvalue ?? []),
  ]);
  const heard = logging ? grants.logging : wanted.find((grant) => grant.logging)?.logging;
  return {
    ...(sockets === undefined ? undefined : { sockets }),
    ...(config && grants.config !== undefined ? { config: grants.config } : undefined),
    ...(stores.size === 0 ? undefined : { keyvalue: [...stores] }),
    ...(heard === undefined ? undefined : { logging: heard }),
  };
}

function socketGrantOf(grant: SocketGrantName, target: string): SocketsGrant {
  switch (grant) {
    case "tcp.connect":
      return { tcp: { connect: [target] } };
    case "tcp.listen":
      return { tcp: { listen: [target] } };
    case "udp.connect":
      return { udp: { connect: [target] } };
    case "udp.listen":
      return { udp: { listen: [target] } };
    case "lookup":
      return { lookup: [target] };
  }
}
