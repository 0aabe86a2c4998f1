import type { SocketUse } from "../services/socket-uses.js";

/** What was made use of, of a container's grants. */
export interface UsedServices {
  /** In the order of their first use; 256 at most. */
  readonly sockets: readonly SocketUse[];
  /** The configuration was asked for. */
  readonly config: boolean;
  /** Names of stores, in the order of their first use. */
  readonly keyvalue: readonly string[];
  readonly logging: boolean;
}

export const NO_SERVICES_USED: UsedServices = Object.freeze({
  sockets: [],
  config: false,
  keyvalue: [],
  logging: false,
});
