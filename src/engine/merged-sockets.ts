import type { ProtocolGrant, SocketsGrant } from "./grants.js";

/** All of them in one, each entry once; undefined if there is none. */
export function mergedSockets(grants: readonly SocketsGrant[]): SocketsGrant | undefined {
  if (grants.length === 0) return undefined;
  const tcp = merged(grants.map((grant) => grant.tcp));
  const udp = merged(grants.map((grant) => grant.udp));
  const named = new Set(
    [...(tcp?.connect ?? []), ...(udp?.connect ?? [])].map((entry) =>
      entry.slice(0, entry.lastIndexOf(":")),
    ),
  );
  // Who may connect to a name may look it up.
  const looked = new Set(grants.flatMap(({ lookup }) => (Array.isArray(lookup) ? lookup : [])));
  const lookup = [...looked].filter((name) => !named.has(name));
  return {
    ...(tcp === undefined ? undefined : { tcp }),
    ...(udp === undefined ? undefined : { udp }),
    ...(lookup.length === 0 ? undefined : { lookup }),
  };
}

function merged(grants: readonly (ProtocolGrant | undefined)[]): ProtocolGrant | undefined {
  const connect = new Set(grants.flatMap((grant) => grant?.connect ?? []));
  const listen = new Set(grants.flatMap((grant) => grant?.listen ?? []));
  if (connect.size === 0 && listen.size === 0) return undefined;
  return {
    ...(connect.size === 0 ? undefined : { connect: [...connect] }),
    ...(listen.size === 0 ? undefined : { listen: [...listen] }),
  };
}
