import { type ClientRequest, type IncomingMessage, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP, type Socket } from "node:net";
import type { HostRefusal } from "../../base/host-service.js";
import { HostRefusal as Refusal } from "../../base/host-service.js";
import type { HttpFields } from "../../base/http-messages.js";
import type { Connections } from "./connections.js";
import { MAX_FIELD_BYTES, MAX_FIELDS } from "../header-rules.js";
import { problemOfHead } from "./response-head.js";
import type { Wire, WireRequest, WireResponse } from "./wire.js";
import { AddressRefused, failureOf } from "./wire-failure.js";

/** Responses with a status of 1xx that one request may get: servers send one or two. */
const MAX_INTERIM = 16;

/** A request by `node:http`, which alone sends and takes trailers. */
export class NodeWire implements Wire {
  readonly #changed: () => void;
  readonly #connections: Connections;
  readonly #wanted: WireRequest;
  #request: ClientRequest | undefined;
  #retried = false;
  #message: IncomingMessage | undefined;
  #interim = 0;
  failure: HostRefusal | undefined;
  /** The address that was refused. */
  refused: string | undefined;
  connected = false;
  resolving = true;
  sent = false;
  writable = true;
  ended = false;

  constructor(wanted: WireRequest, connections: Connections, changed: () => void) {
    this.#changed = changed;
    this.#connections = connections;
    this.#wanted = wanted;
    const { url } = wanted;
    const hostname = url.hostname.startsWith("[") ? url.hostname.slice(1, -1) : url.hostname;
    if (isIP(hostname) !== 0 && !connections.allows(hostname)) {
      this.#fail(new AddressRefused(hostname));
      return;
    }
    this.#start(hostname);
  }

  get response(): WireResponse | undefined {
    const message = this.#message;
    if (message === undefined) return undefined;
    return { status: message.statusCode ?? 0, rawHeaders: message.rawHeaders };
  }

  get rawTrailers(): readonly string[] {
    return this.#message?.rawTrailers ?? [];
  }

  write(chunk: Uint8Array): void {
    this.writable = this.#request?.write(chunk) ?? false;
  }

  end(trailers: HttpFields): void {
    this.writable = false;
    if (trailers.length > 0)
      this.#request?.addTrailers(trailers.map(([name, value]): [string, string] => [name, value]));
    this.#request?.end();
  }

  read(max: number): Uint8Array | undefined {
    const message = this.#message;
    if (message === undefined) return undefined;
    const there = Math.min(max, message.readableLength);
    const chunk = message.read(there === 0 ? undefined : there) as Buffer | null;
    return chunk ?? undefined;
  }

  destroy(): void {
    const message = this.#message;
    if (message?.readableEnded === true && this.sent) return;
    this.#retried = true;
    this.#request?.destroy();
    message?.destroy();
  }

  #start(hostname: string): void {
    const { body, more } = this.#wanted;
    try {
      this.#request = this.#open(this.#wanted, hostname);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (body.length > 0) this.write(body);
    if (more) this.#request.flushHeaders();
    else this.end([]);
  }

  #open({ url, method, fields, length }: WireRequest, hostname: string): ClientRequest {
    const send = url.protocol === "https:" ? httpsRequest : httpRequest;
    const request = send({
      hostname,
      port: url.port === "" ? undefined : url.port,
      path: `${url.pathname}${url.search}`,
      method,
      agent: this.#connections.agentFor(url),
      ...(isIP(hostname) === 0 ? { servername: hostname } : { servername: "" }),
      maxHeaderSize: MAX_FIELD_BYTES,
      insecureHTTPParser: false,
      setHost: false,
    });
    // One more than is taken, so that it is seen that there were too many.
    request.maxHeadersCount = MAX_FIELDS + 1;
    request.setHeader("host", url.host);
    for (const [name, value] of fields) request.appendHeader(name, value);
    if (length === undefined) request.setHeader("transfer-encoding", "chunked");
    else if (length > 0 || !BODILESS.includes(method)) request.setHeader("content-length", length);
    request.on("socket", (socket) => this.#attached(socket));
    request.on("drain", () => {
      this.writable = true;
      this.#changed();
    });
    request.on("finish", () => {
      this.sent = true;
      this.#changed();
    });
    request.on("information", () => {
      if (++this.#interim > MAX_INTERIM) this.#fail(new Refusal("HTTP-protocol-error"));
    });
    request.on("upgrade", (_response, socket) => {
      socket.destroy();
      this.#fail(new Refusal("HTTP-upgrade-failed"));
    });
    request.on("response", (message) => this.#responded(message));
    const lost = (error: unknown) => {
      if (request !== this.#request) return;
      if (this.#mayRetry(request)) this.#retry(hostname);
      else this.#fail(error);
    };
    request.on("error", lost);
    request.on("close", () => {
      if (this.#message === undefined) lost(undefined);
    });
    return request;
  }

  #attached(socket: Socket): void {
    const arrived = () => {
      if (!this.#connections.allowsSocket(socket)) {
        this.#fail(new AddressRefused(socket.remoteAddress ?? ""));
        return;
      }
      this.connected = true;
      this.#changed();
    };
    this.resolving = socket.connecting && socket.remoteAddress === undefined;
    if (!socket.connecting) {
      arrived();
      return;
    }
    socket.once("lookup", () => {
      this.resolving = false;
    });
    socket.once(
      "secureConnect" in socket || "encrypted" in socket ? "secureConnect" : "connect",
      arrived,
    );
  }

  #responded(message: IncomingMessage): void {
    const problem = problemOfHead({
      status: message.statusCode ?? 0,
      rawHeaders: message.rawHeaders,
    });
    if (problem !== undefined) {
      // At once: a connection whose response is complete would be kept.
      this.#fail(new Refusal(problem));
      return;
    }
    this.#message = message;
    this.connected = true;
    const changed = () => this.#changed();
    message.on("readable", changed);
    message.on("end", () => {
      this.ended = message.complete;
      if (!message.complete) this.#fail(undefined);
      changed();
    });
    message.on("error", (error) => this.#fail(error));
    message.on("close", () => {
      if (!message.complete) this.#fail(undefined);
    });
    changed();
  }

  /** It went over a connection that was kept, which the peer has closed meanwhile. */
  #mayRetry({ reusedSocket }: ClientRequest): boolean {
    const { method, body, more } = this.#wanted;
    const isSafe = (method === "GET" || method === "HEAD") && body.length === 0 && !more;
    const isLost = reusedSocket && this.#message === undefined && this.failure === undefined;
    return isLost && isSafe && !this.#retried;
  }

  #retry(hostname: string): void {
    this.#retried = true;
    this.sent = false;
    this.connected = false;
    this.#start(hostname);
  }

  /** The first reason is kept. */
  #fail(error: unknown): void {
    if (this.failure !== undefined || this.ended) return;
    if (error instanceof AddressRefused) this.refused = error.address;
    this.failure = failureOf(error, this.#message !== undefined);
    this.#request?.destroy();
    this.#changed();
  }
}

/** Methods that a length of 0 says nothing about. */
const BODILESS = ["GET", "HEAD", "DELETE", "OPTIONS"];
