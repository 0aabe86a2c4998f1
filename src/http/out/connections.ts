import { lookup as systemLookup } from "node:dns";
import { Agent } from "node:http";
import { Agent as TlsAgent } from "node:https";
import type { LookupAddress } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { rootCertificates } from "node:tls";
import { promisify } from "node:util";
import { type AddressRule, addressRule } from "../address-rules.js";
import type { HttpOptions } from "../http-options.js";
import { AddressRefused, LookupFailed } from "./wire-failure.js";

/** Connections kept for the next request, to one origin: guests send their requests one after the other. */
const MAX_IDLE = 4;
/** An idle connection is closed after this time, in ms: before most servers would. */
const IDLE_MS = 4_000;

const lookupAll = promisify(systemLookup);

/** Finds the addresses of a name. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>;

/**
 * Connections of one container to where one rule of addresses lets it. A name is looked up once for each
 * connection, and the connection goes to an address that was checked: no second answer is asked for.
 */
export class Connections {
  readonly allows: AddressRule;
  readonly #plain: Agent;
  #tls: TlsAgent | undefined;
  readonly #ca: HttpOptions["ca"];
  readonly #lookup: LookupFunction;

  constructor(
    addresses: "public" | "any" | readonly string[],
    { lookup = (hostname) => lookupAll(hostname, { all: true }), ca }: HttpOptions = {},
  ) {
    this.allows = addressRule(addresses);
    this.#ca = ca;
    this.#lookup = checkedLookup(lookup, this.allows);
    this.#plain = new Agent({ ...KEPT, lookup: this.#lookup });
  }

  agentFor({ protocol }: URL): Agent {
    if (protocol !== "https:") return this.#plain;
    this.#tls ??= new TlsAgent({
      ...KEPT,
      lookup: this.#lookup,
      // Whatever the environment says.
      rejectUnauthorized: true,
      ...(this.#ca === undefined ? undefined : { ca: [...rootCertificates, ...[this.#ca].flat()] }),
    });
    return this.#tls;
  }

  close(): void {
    this.#plain.destroy();
    this.#tls?.destroy();
  }
}

const KEPT = { keepAlive: true, maxFreeSockets: MAX_IDLE, timeout: IDLE_MS };

function checkedLookup(resolve: Resolve, allows: AddressRule): LookupFunction {
  const find = async (hostname: string) => {
    let found: readonly LookupAddress[];
    try {
      found = await resolve(hostname);
    } catch (error) {
      throw new LookupFailed(error);
    }
    const known = found.filter(({ address }) => isIP(address) !== 0);
    const allowed = known.filter(({ address }) => allows(address));
    const [first] = allowed;
    const [refused] = known;
    if (first !== undefined) return { first, allowed };
    throw refused === undefined ? new LookupFailed(undefined) : new AddressRefused(refused.address);
  };
  return (hostname, { all }, answer) => {
    const look = async () => {
      try {
        const { first, allowed } = await find(hostname);
        if (all === true) return () => answer(null, [...allowed]);
        return () => answer(null, first.address, first.family);
      } catch (error) {
        return () => answer(error as Error, "");
      }
    };
    // What the answer leads to must not be thrown into a promise.
    void look().then((done) => process.nextTick(done));
  };
}
