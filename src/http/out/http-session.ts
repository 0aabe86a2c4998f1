import { HostRefusal, type HostReply, type HostService } from "../../base/host-service.js";
import type { HttpResponseHead } from "../../base/http-messages.js";
import type { HttpBroker, RefusedRequest } from "./broker.js";
import { Exchange } from "./exchange.js";
import { FetchWire } from "./fetch-wire.js";
import { checkRequestHeaders, checkTrailers, ownHeader } from "../header-rules.js";
import { NodeWire } from "./node-wire.js";
import {
  type ActiveGrant,
  maySet,
  readLocation,
  readMethod,
  readUrl,
  wayOf,
} from "./request-policy.js";
import type { Wire, WireRequest, WireResponse } from "./wire.js";

/** Requests that one process may have open, those that have failed and were not given up included. */
const MAX_OPEN = 256;
/** Characters of the names of headers that a denial tells: it is kept. */
const MAX_TOLD_NAMES = 1024;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Headers that say something about a body. */
const OF_BODY = /^content-/;
/** Headers that are meant for one origin alone. */
const OF_ORIGIN: ReadonlySet<string> = new Set([
  "authorization",
  "cookie",
  "cookie2",
  "origin",
  "referer",
]);

const NOTHING: HostReply = {};

interface Open {
  readonly exchange: Exchange;
  /** What it is on the wire now, for a look at narrower grants. */
  hop: WireRequest;
  active: ActiveGrant;
}

/** The service `"http"` of one process. */
export class HttpSession implements HostService {
  readonly #broker: HttpBroker;
  readonly #refused: (request: RefusedRequest) => void;
  readonly #ended: () => void;
  readonly #open = new Map<number, Open>();
  /** Of requests whose bodies may still be on their way: what refused them. */
  readonly #lost = new Map<number, HostRefusal>();

  constructor(broker: HttpBroker, refused: (request: RefusedRequest) => void, ended: () => void) {
    this.#broker = broker;
    this.#refused = refused;
    this.#ended = ended;
  }

  call(op: string, head: unknown, body: Uint8Array, signal: AbortSignal): Promise<HostReply> {
    return this.#call(op, fieldsOf(head), body, signal);
  }

  end(): void {
    for (const { exchange } of this.#open.values()) exchange.close();
    this.#open.clear();
    this.#ended();
  }

  /** Cuts what is no longer granted. */
  recheck(): void {
    for (const { exchange, hop } of this.#open.values()) {
      const active = this.#broker.grantFor(hop.url, hop.method);
      if (active === undefined || wayOf(active.grant) !== wayOf(exchange.grant)) {
        exchange.fail("HTTP-request-denied");
      }
    }
  }

  async #call(
    op: string,
    head: Readonly<Record<string, unknown>>,
    body: Uint8Array,
    signal: AbortSignal,
  ): Promise<HostReply> {
    const { request: id } = head;
    if (typeof id !== "number" || !Number.isSafeInteger(id) || id <= 0) {
      throw new HostRefusal("HTTP-protocol-error");
    }
    if (op === "request") {
      try {
        const open = this.#accept(id, head, body);
        return await this.#answered(id, open, signal);
      } catch (error) {
        if (head.more === true) this.#lose(id, error);
        throw error;
      }
    }
    if (op === "cancel") {
      const { code } = head;
      this.#open.get(id)?.exchange.close(isOfBody(code) ? code : undefined);
      this.#open.delete(id);
      this.#lost.delete(id);
      return NOTHING;
    }
    const open = this.#open.get(id);
    if (open === undefined) throw this.#lost.get(id) ?? new HostRefusal("HTTP-protocol-error");
    const { exchange } = open;
    switch (op) {
      case "write-body":
        return exchange.write(body);
      case "finish-body":
        return exchange.finish(checkTrailers(head.trailers));
      case "read-body":
        return exchange.read(typeof head.max === "number" && head.max > 0 ? head.max : 1, signal);
      default:
        throw new HostRefusal("HTTP-protocol-error");
    }
  }

  /** At once: the next call may be of the same request. */
  #accept(id: number, head: Readonly<Record<string, unknown>>, body: Uint8Array): Open {
    if (this.#open.has(id)) throw new HostRefusal("HTTP-protocol-error");
    if (this.#open.size >= MAX_OPEN) throw new HostRefusal("connection-limit-reached");
    this.#lost.delete(id);
    const more = head.more === true;
    const url = readUrl(head.scheme, head.authority, head.pathWithQuery);
    const method = this.#methodOf(head.method, url);
    const { fields, contentLength } = checkRequestHeaders(head.headers, url.host);
    const active = this.#granted(url, method, fields);
    const { grant } = active;
    const length = more ? contentLength : body.length;
    if (contentLength !== undefined && !more && contentLength !== body.length) {
      throw new HostRefusal("HTTP-request-body-size");
    }
    if (Math.max(body.length, length ?? 0) > grant.maxRequestBytes) {
      throw new HostRefusal("HTTP-request-body-size");
    }
    this.#broker.enter(active);
    const counts = this.#broker.uses.add(url, method);
    const times = {
      connectMs: timeOf(head.connectTimeoutMs),
      firstByteMs: timeOf(head.firstByteTimeoutMs),
      betweenBytesMs: timeOf(head.betweenBytesTimeoutMs),
    };
    const hop: WireRequest = { url, method, fields, length, body, more };
    const exchange = new Exchange({ grant, times, counts, first: body.length, length, more }, () =>
      this.#left(id, open),
    );
    const open: Open = { exchange, hop, active };
    this.#open.set(id, open);
    return open;
  }

  async #answered(id: number, open: Open, signal: AbortSignal): Promise<HostReply> {
    const { exchange } = open;
    const stop = () => exchange.close();
    signal.addEventListener("abort", stop, { once: true });
    try {
      return { head: await this.#follow(open) };
    } catch (error) {
      exchange.close();
      // Its number may be another request's by now.
      if (this.#open.get(id) === open) this.#open.delete(id);
      throw error;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  /** Sends the request, and goes where redirects lead as far as the first grant lets it. */
  async #follow(open: Open): Promise<HttpResponseHead> {
    const { exchange } = open;
    let left = open.active.grant.redirects;
    for (;;) {
      const response = await this.#hop(open);
      const next =
        open.active.grant.redirects === 0 && left === 0 ? undefined : nextHop(open.hop, response);
      if (next === undefined) {
        return exchange.accept(response, open.hop.method === "HEAD" || response.status === 304);
      }
      if (left-- === 0) throw exchange.fail("loop-detected");
      open.hop = next;
      open.active = this.#regranted(open, next);
      this.#broker.uses.add(next.url, next.method);
    }
  }

  async #hop(open: Open): Promise<WireResponse> {
    const { exchange, hop, active } = open;
    const wire = this.#wire(hop, active, exchange.changed);
    exchange.attach(wire, active.grant);
    try {
      return await exchange.head();
    } catch (error) {
      const refused = wire instanceof NodeWire ? wire.refused : undefined;
      if (refused !== undefined) this.#tell(hop.url, hop.method, refused);
      throw error;
    }
  }

  #wire(hop: WireRequest, { grant }: ActiveGrant, changed: () => void): Wire {
    const { fetch } = this.#broker.options;
    const credentials = [...grant.credentials];
    const given = hop.fields.filter(([name]) => !grant.credentials.has(name));
    const whole = { ...hop, fields: [...given, ...credentials] };
    if (fetch !== undefined) return new FetchWire(whole, fetch, changed);
    return new NodeWire(whole, this.#broker.connectionsFor(grant), changed);
  }

  #methodOf(given: unknown, url: URL): string {
    try {
      return readMethod(given);
    } catch (error) {
      const isRefused = error instanceof HostRefusal && error.code === "HTTP-request-denied";
      if (isRefused && typeof given === "string") this.#tell(url, given, undefined);
      throw error;
    }
  }

  #granted(url: URL, method: string, fields: WireRequest["fields"]): ActiveGrant {
    const active = this.#broker.grantFor(url, method);
    if (active === undefined) {
      this.#tell(url, method, undefined);
      throw new HostRefusal("HTTP-request-denied");
    }
    const refused = fields.find(([name]) => !maySet(active.grant, name));
    if (refused === undefined) return active;
    this.#tellHeaders(url, method, fields);
    throw new HostRefusal("HTTP-request-denied", { header: refused[0] });
  }

  /** The grant of a redirect's next hop, in place of the one before. */
  #regranted(open: Open, { url, method, fields }: WireRequest): ActiveGrant {
    const active = this.#broker.grantFor(url, method);
    if (active === undefined) {
      this.#tell(url, method, undefined);
      throw open.exchange.fail("HTTP-request-denied");
    }
    if (!fields.every(([name]) => maySet(active.grant, name))) {
      this.#tellHeaders(url, method, fields);
      throw open.exchange.fail("HTTP-request-denied");
    }
    if (active !== open.active) {
      this.#broker.enter(active);
      open.active.use.open--;
    } else if (!active.rate.take()) {
      throw open.exchange.fail("connection-limit-reached");
    }
    return active;
  }

  #lose(id: number, error: unknown): void {
    const [oldest] = this.#lost.keys();
    if (oldest !== undefined && this.#lost.size >= MAX_OPEN) this.#lost.delete(oldest);
    this.#lost.set(id, error instanceof HostRefusal ? error : new HostRefusal("internal-error"));
  }

  #left(id: number, open: Open): void {
    open.active.use.open--;
    if (open.exchange.failure === undefined && this.#open.get(id) === open) this.#open.delete(id);
  }

  #tellHeaders({ origin, pathname }: URL, method: string, fields: WireRequest["fields"]): void {
    let left = MAX_TOLD_NAMES;
    const names = new Set(fields.map(([name]) => name));
    const headers = [...names].filter((name) => (left -= name.length) >= 0);
    this.#refused({ method, url: `${origin}${pathname}`, headers });
  }

  #tell(url: URL, method: string, address: string | undefined): void {
    const told = { method, url: `${url.origin}${url.pathname}` };
    this.#refused(address === undefined ? told : { ...told, address });
  }
}

/** Undefined for a response that the guest gets as it is. */
function nextHop(hop: WireRequest, { status, rawHeaders }: WireResponse): WireRequest | undefined {
  if (!REDIRECTS.has(status) || hop.more) return undefined;
  const locations = rawHeaders.filter(
    (_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === "location",
  );
  const [location] = locations;
  if (location === undefined || locations.length > 1) return undefined;
  const url = readLocation(location, hop.url);
  if (url === undefined) return undefined;
  const becomesGet =
    (status === 303 && hop.method !== "HEAD") || (status < 303 && hop.method === "POST");
  const isElsewhere = url.origin !== hop.url.origin;
  const fields = hop.fields.filter(
    ([name]) =>
      !ownHeader(name) &&
      !(becomesGet && OF_BODY.test(name)) &&
      !(isElsewhere && OF_ORIGIN.has(name)),
  );
  if (!becomesGet) return { ...hop, url, fields };
  return { url, method: "GET", fields, length: 0, body: new Uint8Array(0), more: false };
}

/** Why a guest breaks its own request off: its body has no end, or another length than was said. */
function isOfBody(code: unknown): code is string {
  return code === "HTTP-protocol-error" || code === "HTTP-request-body-size";
}

function timeOf(value: unknown): number | undefined {
  return typeof value === "number" && value >= 0 ? Math.max(1, Math.ceil(value)) : undefined;
}

function fieldsOf(head: unknown): Readonly<Record<string, unknown>> {
  return typeof head === "object" && head !== null ? (head as Record<string, unknown>) : {};
}
