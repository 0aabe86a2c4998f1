import { lookup, type LookupAddress } from "node:dns";
import { Turns } from "./turns.js";

/**
 * The system's resolver takes a thread of Node's pool for as long as it waits for an answer, which may be long and
 * cannot be broken off. The pool has four, and the app's own files need some of them.
 */
const turns = new Turns(2);

/**
 * All addresses of a name in the order of preference, as the system knows them, its hosts file included. Whatever
 * asks for a guest asks here.
 *
 * @throws an error whose `code` is one of `node:dns`, such as `ENOTFOUND`
 */
export async function systemLookup(name: string, signal?: AbortSignal): Promise<LookupAddress[]> {
  const done = await turns.take(signal);
  return await new Promise((resolve, reject) => {
    lookup(name, { all: true, order: "verbatim" }, (error, addresses) => {
      done();
      if (error === null) resolve(addresses);
      else reject(error);
    });
  });
}
