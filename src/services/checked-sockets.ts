import { isNamed, ruleCovers, type SocketRule } from "./socket-rule.js";
import { nameMatches, patternCovers } from "../base/domain-name.js";

/** What of the network is granted. */
export interface CheckedSockets {
  readonly tcpConnect: readonly SocketRule[];
  readonly tcpListen: readonly SocketRule[];
  readonly udpConnect: readonly SocketRule[];
  readonly udpListen: readonly SocketRule[];
  /** Names that may be looked up beside those of the rules; true: all. */
  readonly lookup: readonly string[] | true;
}

/** The four lists of rules. */
export const SOCKET_RULES = ["tcpConnect", "tcpListen", "udpConnect", "udpListen"] as const;

export const NO_SOCKETS: CheckedSockets = Object.freeze({
  tcpConnect: [],
  tcpListen: [],
  udpConnect: [],
  udpListen: [],
  lookup: [],
});

export function grantsSockets(sockets: CheckedSockets): boolean {
  const { lookup } = sockets;
  return (
    lookup === true || lookup.length > 0 || SOCKET_RULES.some((list) => sockets[list].length > 0)
  );
}

/** Whether a guest may look up that name, which is in lower case. */
export function mayLookUp(sockets: CheckedSockets, name: string): boolean {
  const { lookup, tcpConnect, udpConnect } = sockets;
  if (lookup === true || lookup.some((pattern) => nameMatches(pattern, name))) return true;
  return (
    tcpConnect.some((rule) => isNamed(rule, name)) || udpConnect.some((rule) => isNamed(rule, name))
  );
}

/** What `next` allows and `present` does not, in words. */
export function widerSockets(present: CheckedSockets, next: CheckedSockets): readonly string[] {
  const wider = SOCKET_RULES.flatMap((list) =>
    next[list]
      .filter((rule) => !present[list].some((outer) => ruleCovers(outer, rule)))
      .map(
        (rule) =>
          `${list.startsWith("tcp") ? "tcp" : "udp"}.${list.slice(3).toLowerCase()} ${rule.text}`,
      ),
  );
  if (present.lookup === true) return wider;
  if (next.lookup === true) return [...wider, "lookup"];
  const { lookup } = present;
  const names = next.lookup.filter((name) => !lookup.some((outer) => patternCovers(outer, name)));
  return [...wider, ...names.map((name) => `lookup ${name}`)];
}
