import type { HostRefusal } from "../../base/host-service.js";
import type { HttpFields } from "../../base/http-messages.js";

/** One request as it goes to one peer: checked, with what the host adds. */
export interface WireRequest {
  readonly url: URL;
  readonly method: string;
  readonly fields: HttpFields;
  /** Of the body, in bytes; undefined: it is sent in chunks. */
  readonly length: number | undefined;
  /** The body's beginning, or all of it. */
  readonly body: Uint8Array;
  /** More of it follows. */
  readonly more: boolean;
}

/**
 * One request on its way. Nothing waits: `changed` of its maker is called when any of this may have
 * changed.
 */
export interface Wire {
  /** Why it has ended before its time. */
  readonly failure: HostRefusal | undefined;
  /** There is a connection to the peer. */
  readonly connected: boolean;
  /** The peer's address is being looked for. */
  readonly resolving: boolean;
  /** The whole request was handed to the system. */
  readonly sent: boolean;
  /** More of the body may be written. */
  readonly writable: boolean;
  readonly response: WireResponse | undefined;
  write(chunk: Uint8Array): void;
  end(trailers: HttpFields): void;
  /** Bytes of the response's body that are there, at most `max`; undefined: none now. */
  read(max: number): Uint8Array | undefined;
  /** The body is at its end, and all of it was read. */
  readonly ended: boolean;
  /** Names and values by turns, once it has ended. */
  readonly rawTrailers: readonly string[];
  /** Closes the connection, unless the exchange is complete. */
  destroy(): void;
}

/** Head of a response; names and values of its headers by turns. */
export interface WireResponse {
  readonly status: number;
  readonly rawHeaders: readonly string[];
}
