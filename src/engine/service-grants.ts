import type { LogLevel } from "../base/logging-messages.js";

/**
 * Sockets that a guest may have; each list is at most 1,000 long, and empty by default.
 *
 * Where to connect is an address, a range of addresses, a name or `*`, then `:` and a port, a range of ports or
 * `*`: `"10.0.0.5:5432"`, `"192.168.0.0/16:*"`, `"[::1]:80-90"`, `"db.example.com:5432"`, `"*.example.com:443"`,
 * `"*:443"`. Private, loopback, link-local, metadata and other special addresses want an entry that names their
 * network or a part of it: neither `*` nor a name leads to them.
 */
export interface SocketsGrant {
  readonly tcp?: ProtocolGrant;
  readonly udp?: ProtocolGrant;
  /**
   * Names that may be looked up, beside those of the entries: `"db.example.com"`, `"*.example.com"`; true: all.
   * Default none.
   */
  readonly lookup?: readonly string[] | boolean;
}

/** Of one protocol. */
export interface ProtocolGrant {
  /** Peers that a guest may connect or send to. */
  readonly connect?: readonly string[];
  /**
   * Own addresses, without names: `"127.0.0.1:8080"`, `"0.0.0.0:53"`, `"[::1]:*"`. Port 0, which `*` has among
   * all others, is one of the system's choice.
   */
  readonly listen?: readonly string[];
}

/** The lowest level that is handed on; true: all; false: none. */
export type LoggingGrant = boolean | LogLevel;

export type { LogLevel };
