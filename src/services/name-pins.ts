import { parseIp } from "../base/ip-address.js";
import type { Endpoint } from "../base/socket-messages.js";
import { specialNetworkOf } from "../base/special-networks.js";
import { hasPort, isNamed, reaches, type SocketRule } from "./socket-rule.js";

/** Addresses that one process may have by their names; the oldest give way. */
const MAX_PINNED = 1024;
/** Names of one address; further ones do not count. */
const MAX_NAMES = 64;

/**
 * Where the names that a process has looked up lead. Rules with names hold for these addresses alone, as the
 * host has found them: nothing is looked up a second time when a guest connects.
 */
export class NamePins {
  /** By address. */
  readonly #names = new Map<string, Set<string>>();

  add(name: string, addresses: readonly string[]): void {
    for (const address of addresses) {
      const names = this.#names.get(address) ?? new Set();
      if (names.size < MAX_NAMES) names.add(name);
      this.#names.delete(address);
      this.#names.set(address, names);
    }
    for (const address of this.#names.keys()) {
      if (this.#names.size <= MAX_PINNED) break;
      this.#names.delete(address);
    }
  }

  /**
   * The name by which a rule leads there. A name never leads to a special address: whoever answers for it could
   * lead a guest anywhere.
   */
  nameFor(rules: readonly SocketRule[], [address, port]: Endpoint): string | undefined {
    const ip = parseIp(address);
    const names = this.#names.get(address);
    if (ip === undefined || names === undefined || specialNetworkOf(ip) !== undefined)
      return undefined;
    const open = rules.filter((rule) => rule.name !== undefined && hasPort(rule, port));
    return [...names].find((name) => open.some((rule) => isNamed(rule, name)));
  }

  /** Whether a guest is told of the address: of a special one only if it may connect there. */
  isShown(address: string, rules: readonly SocketRule[]): boolean {
    const ip = parseIp(address);
    if (ip === undefined) return false;
    return specialNetworkOf(ip) === undefined || rules.some((rule) => reaches(rule, ip));
  }
}
