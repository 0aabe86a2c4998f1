import { lookup } from "node:dns";
import { formatIp, parseIp } from "../base/ip-address.js";

/**
 * Where a name leads, in the order of preference: addresses alone.
 *
 * @throws an error whose `code` is one of `node:dns`, such as `ENOTFOUND`
 */
export type NameResolver = (name: string, signal: AbortSignal) => Promise<readonly string[]>;

/** Of the system, its hosts file included. */
export const systemResolver: NameResolver = (name) =>
  new Promise((resolve, reject) => {
    lookup(name, { all: true, order: "verbatim" }, (error, addresses) => {
      if (error === null) resolve(addresses.map(({ address }) => address));
      else reject(error);
    });
  });

/** Addresses of one name that are looked at; what a resolver answers may be anything. */
const MAX_ADDRESSES = 64;

/** What a resolver has answered, checked and each once. */
export function checkedAddresses(answer: unknown): readonly string[] {
  if (!Array.isArray(answer)) return [];
  const found = answer.slice(0, MAX_ADDRESSES).flatMap((address: unknown) => {
    const ip = typeof address === "string" ? parseIp(address) : undefined;
    return ip === undefined ? [] : [formatIp(ip)];
  });
  return [...new Set(found)];
}
