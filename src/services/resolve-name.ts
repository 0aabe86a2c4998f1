import { formatIp, parseIp } from "../base/ip-address.js";
import { systemLookup } from "../base/system-lookup.js";

/**
 * Where a name leads, in the order of preference: addresses alone.
 *
 * @throws an error whose `code` is one of `node:dns`, such as `ENOTFOUND`
 */
export type NameResolver = (name: string, signal: AbortSignal) => Promise<readonly string[]>;

/** Of the system. */
export const systemResolver: NameResolver = async (name, signal) => {
  const addresses = await systemLookup(name, signal);
  return addresses.map(({ address }) => address);
};

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
