import type { HttpGrant } from "../http/http-grant.js";
import type { Access } from "../mount.js";
import type {
  ArgsGrant,
  ClockGrant,
  LoggingGrant,
  MemoryGrant,
  RandomGrant,
  SocketsGrant,
  StdioGrant,
  StdioMode,
} from "./grants.js";

/**
 * The grants that an image asks for: as {@link Grants}, without what only a host can say (its directories,
 * the values of variables). It stands in the manifest's annotation `dev.safedock.grants`, as JSON of at most
 * 64 KiB, and grants nothing: the app decides, with `approveGrants`.
 *
 * @example
 * ```ts
 * const built = await engine.buildImage({
 *   files: { "/bin/report.wasm": bytes },
 *   entrypoint: ["/bin/report.wasm"],
 *   requestedGrants: {
 *     reason: "Makes a report of the orders.",
 *     env: ["LOG", { name: "API_TOKEN", reason: "to read prices", optional: true }],
 *     fs: [{ target: "/orders", reason: "one file an order" }],
 *     clock: "real",
 *   },
 * });
 * ```
 */
export interface GrantRequest {
  /** What the program is for; one line of at most 500 characters. */
  readonly reason?: string;
  /** Variables that it reads: names, or names with more. Default none, at most 1,000. */
  readonly env?: readonly (string | EnvRequest)[];
  /** Default none, at most 128. */
  readonly fs?: readonly FsRequest[];
  /** Requests that it sends. Default none, at most 128. */
  readonly http?: readonly HttpGrantRequest[];
  /** Sockets that it opens, and names that it looks up. Default none. */
  readonly sockets?: SocketsRequest;
  /** What it is configured with: names, or names with more. Default none. */
  readonly config?: readonly (string | EnvRequest)[];
  /** Names of the stores that it opens. Default none. */
  readonly keyvalue?: readonly string[];
  /** Which of its records are of interest. Default none. */
  readonly logging?: LoggingGrant;
  /** Default `"given"`. */
  readonly args?: ArgsGrant;
  /** Default `"frozen"`. */
  readonly clock?: ClockGrant;
  /** Default `"secure"`. */
  readonly random?: RandomGrant;
  /** Default `"pipe"`. */
  readonly stdio?: StdioMode | StdioGrant;
}

/** A variable that an image asks for, or a name of its configuration. */
export interface EnvRequest {
  readonly name: string;
  /** One line of at most 500 characters. */
  readonly reason?: string;
  /** The program works without it. Default false. */
  readonly optional?: boolean;
}

/**
 * Requests of HTTP that an image asks to send: as {@link HttpGrant}, without what only a host can say (addresses,
 * a proxy, the values of credentials).
 */
export interface HttpGrantRequest extends Omit<HttpGrant, "addresses" | "proxy" | "credentials"> {
  /** Names of headers that the host is asked to add, such as `["authorization"]`. Default none. */
  readonly credentials?: readonly string[];
  /** One line of at most 500 characters. */
  readonly reason?: string;
  /** The program works without it. Default false. */
  readonly optional?: boolean;
}

/** Sockets that an image asks for. */
export interface SocketsRequest extends SocketsGrant {
  /** One line of at most 500 characters. */
  readonly reason?: string;
  /** The program works without them. Default false. */
  readonly optional?: boolean;
}

/** A directory that an image asks for. */
export type FsRequest = BindRequest | MemoryRequest;

/** A directory of the host, at its choice. */
export interface BindRequest {
  readonly type?: "bind";
  /** Absolute guest path. */
  readonly target: string;
  /** Default `"read-only"`. */
  readonly access?: Access;
  /** Bytes and files that it will add at most; taken over as a bound. Default none. */
  readonly maxBytes?: number;
  readonly maxFiles?: number;
  /** One line of at most 500 characters. */
  readonly reason?: string;
  /** The program works without it. Default false. */
  readonly optional?: boolean;
}

/** Files in memory. */
export interface MemoryRequest extends MemoryGrant {
  /** One line of at most 500 characters. */
  readonly reason?: string;
}
