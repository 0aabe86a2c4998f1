import { Agent } from "node:http";
import { Agent as TlsAgent } from "node:https";
import type { LookupAddress } from "node:dns";
import { isIP, type LookupFunction, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { rootCertificates } from "node:tls";
import { systemLookup } from "../../base/system-lookup.js";
import { type AddressRule, addressRule } from "../address-rules.js";
import type { RoutedHttpOptions } from "../http-options.js";
import { tunnelAgent } from "./tunnel.js";
import { AddressRefused, LookupFailed } from "./wire-failure.js";

/** Connections kept for the next request, to one origin: guests send their requests one after the other. */
const MAX_IDLE = 4;
/** An idle connection is closed after this time, in ms: before most servers would. */
const IDLE_MS = 4_000;

/** Finds the addresses of a name. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>;

/** Where the connections of a grant may lead, and how. */
export interface Way {
  readonly addresses: "public" | "any" | readonly string[];
  /** By the proxy that is known for a URL, if any is. */
  readonly proxy: boolean;
}

/**
 * Connections of one container that go the same way. A name is looked up once for each connection, and
 * the connection goes to an address that was checked: no second answer is asked for. A proxy is told that
 * address too; only where any will do is it told the name.
 */
export class Connections {
  readonly #allows: AddressRule;
  readonly #way: Way;
  readonly #options: RoutedHttpOptions;
  readonly #resolve: Resolve;
  readonly #ca: string[] | undefined;
  /** By scheme and proxy. */
  readonly #agents = new Map<string, Agent>();
  readonly #tunnelled = new WeakSet<Duplex>();
  readonly #closing = new AbortController();

  constructor(way: Way, options: RoutedHttpOptions = {}) {
    this.#way = way;
    this.#options = options;
    this.#allows = addressRule(way.addresses);
    const { lookup = (hostname) => systemLookup(hostname, this.#closing.signal), ca } = options;
    this.#resolve = lookup;
    this.#ca = ca === undefined ? undefined : [...rootCertificates, ...[ca].flat()];
  }

  allows(address: string): boolean {
    return this.#allows(address);
  }

  /** Whether a connection has come to where it may; of a proxy's, only the proxy's own address is seen. */
  allowsSocket(socket: Socket): boolean {
    const { remoteAddress } = socket;
    return (
      remoteAddress === undefined || this.#tunnelled.has(socket) || this.#allows(remoteAddress)
    );
  }

  agentFor(url: URL): Agent {
    const { proxyFor } = this.#options;
    const proxy = this.#way.proxy ? proxyFor?.(url) : undefined;
    const key = `${url.protocol} ${proxy?.href ?? ""}`;
    let agent = this.#agents.get(key);
    if (agent === undefined) {
      agent = proxy === undefined ? this.#direct(url) : this.#through(proxy, url);
      this.#agents.set(key, agent);
    }
    return agent;
  }

  close(): void {
    this.#closing.abort();
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }

  #direct({ protocol }: URL): Agent {
    const lookup = lookupFunction((hostname) => this.#find(hostname));
    if (protocol !== "https:") return new Agent({ ...KEPT, lookup });
    return new TlsAgent({
      ...KEPT,
      lookup,
      // Whatever the environment says.
      rejectUnauthorized: true,
      ...(this.#ca === undefined ? undefined : { ca: this.#ca }),
    });
  }

  #through(proxy: URL, { protocol }: URL): Agent {
    return tunnelAgent(protocol, {
      proxy,
      kept: KEPT,
      ca: this.#ca,
      signal: this.#closing.signal,
      destination: async (hostname) => {
        if (this.#way.addresses === "any" || isIP(hostname) !== 0) return hostname;
        const [first] = await this.#find(hostname);
        return first.address;
      },
      made: (socket) => this.#tunnelled.add(socket),
    });
  }

  /** The addresses of a name that are granted; there is one at least. */
  async #find(hostname: string): Promise<[LookupAddress, ...LookupAddress[]]> {
    let found: readonly LookupAddress[];
    try {
      found = await this.#resolve(hostname);
    } catch (error) {
      throw new LookupFailed(error);
    }
    const known = found.filter(({ address }) => isIP(address) !== 0);
    const [first, ...more] = known.filter(({ address }) => this.#allows(address));
    if (first !== undefined) return [first, ...more];
    const [refused] = known;
    throw refused === undefined ? new LookupFailed(undefined) : new AddressRefused(refused.address);
  }
}

const KEPT = { keepAlive: true, maxFreeSockets: MAX_IDLE, timeout: IDLE_MS };

function lookupFunction(
  find: (hostname: string) => Promise<[LookupAddress, ...LookupAddress[]]>,
): LookupFunction {
  return (hostname, { all }, answer) => {
    const look = async () => {
      try {
        const found = await find(hostname);
        const [first] = found;
        if (all === true) return () => answer(null, found);
        return () => answer(null, first.address, first.family);
      } catch (error) {
        return () => answer(error as Error, "");
      }
    };
    // What the answer leads to must not be thrown into a promise.
    void look().then((done) => process.nextTick(done));
  };
}
