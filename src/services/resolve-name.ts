import { lookup } from "node:dns";
import { formatIp, parseIp } from "../base/ip-address.js";
import { Turns } from "../base/turns.js";

/**
 * Where a name leads, in the order of preference: addresses alone.
 *
 * @throws an error whose `code` is one of `node:dns`, such as `ENOTFOUND`
 */
export type NameResolver = (name: string, signal: AbortSignal) => Promise<readonly string[]>;

/**
 * The system's resolver takes a thread of Node's pool for as long as it waits for an answer, which may be long and
 * cannot be broken off. The pool has four, and the app's own files need some of them.
 */
const turns = new Turns(2);

/** Of the system, its hosts file included. */
export const systemResolver: NameResolver = async (name, signal) => {
  const done = await turns.take(signal);
  return new Promise((resolve, reject) => {
    lookup(name, { all: true, order: "verbatim" }, (error, addresses) => {
      done();
      if (error === null) resolve(addresses.map(({ address }) => address));
      else reject(error);
    });
  });
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
