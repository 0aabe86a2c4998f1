import type { LookupAddress } from "node:dns";
import { isRecord, type Problems, show } from "./problems.js";

/**
 * How sockets of guests reach the network: the engine option `sockets`. What they may reach is a matter of
 * `grants.sockets` alone.
 */
export interface SocketOptions {
  /**
   * Finds the addresses of a name, in place of the system's resolver. What it throws may have a `code` of
   * `node:dns`, such as `ENOTFOUND`. Default `dns.lookup` with `all`.
   */
  readonly lookup?: (hostname: string) => Promise<readonly LookupAddress[]>;
}

const KEYS = ["lookup"];

/** Checks the engine option `sockets`. */
export function checkSocketOptions(sockets: unknown, problems: Problems): void {
  if (sockets === undefined) return;
  if (!isRecord(sockets)) {
    problems.add(`sockets: must be an object, not ${show(sockets)}`);
    return;
  }
  problems.keys("sockets.", sockets, KEYS);
  problems.function("sockets.lookup", sockets.lookup);
}
