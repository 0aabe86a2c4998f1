/** One HTTP request that a guest answers, in the plain form that all ways in share. */
import type { HttpFields } from "../base/http-messages.js";

/** A body, read chunk by chunk: whoever reads slowly makes the other side wait. */
export interface ByteSource {
  /** The next chunk, never empty; undefined at the end. One read at a time. */
  read(): Promise<Uint8Array | undefined>;
  /** Nobody will read on. Doing it twice is fine. */
  cancel(reason?: unknown): void;
  /** Fields after the body, once the end was read. */
  trailers?(): HttpFields;
}

/** Where a router has found the guest. */
export interface RouteMatch {
  /** The path up to what the guest's own path is, percent-encoded: `/files` of `/files/[...path]`. */
  readonly scriptPath: string;
  /** By name, decoded. */
  readonly params: ReadonlyMap<string, string>;
}

export interface IncomingRequest {
  /** A token, in the case it came in; never CONNECT or TRACE. */
  readonly method: string;
  readonly scheme: "http" | "https";
  /** Host and port as the client named them; a port only if it is not the scheme's own. */
  readonly authority: string;
  /** Begins with `/`; with its query; percent-encoded and without dot segments. */
  readonly path: string;
  /** Checked; without those of one connection. */
  readonly headers: HttpFields;
  /** Undefined: there is none. */
  readonly body: ByteSource | undefined;
  readonly signal: AbortSignal | undefined;
  /** The address of who asks, where the app wants the guest to know it. */
  readonly clientAddress: string | undefined;
  readonly route: RouteMatch | undefined;
  /** Answers a path of the same guest in this request's place; undefined: the guest itself does. */
  readonly redirect?: (path: string) => Promise<OutgoingResponse>;
}

export interface OutgoingResponse {
  /** 200 to 599. */
  readonly status: number;
  /** Checked; without those of one connection. */
  readonly headers: HttpFields;
  /** Undefined where the status or the method has none. */
  readonly body: ByteSource | undefined;
  /** No route took it: a router's own 404. */
  readonly unrouted?: boolean;
}

/** What answers requests: a container, a router, or any object of the app with such a function. */
export interface Fetchable {
  /** Answers a request, as `container.fetch` does. */
  fetch(request: Request, options?: FetchOptions): Promise<Response>;
  /** @internal The same without the objects of the web. */
  answer?(request: IncomingRequest): Promise<OutgoingResponse>;
}

/** What a guest may be told about a request beside the request itself. */
export interface FetchOptions {
  /** Address of the client: `REMOTE_ADDR` of CGI programs. Default: it is not told. */
  readonly clientAddress?: string;
}
