import { CONFIG_SERVICE } from "../base/config-messages.js";
import type { HostService } from "../base/host-service.js";
import { KEY_VALUE_SERVICE } from "../base/key-value-messages.js";
import { LOGGING_SERVICE } from "../base/logging-messages.js";
import { SOCKETS_SERVICE } from "../base/socket-messages.js";
import { EACCES } from "../fs/errno.js";
import type { DenialLog } from "../fs/denial.js";
import { grantsSockets } from "../services/checked-sockets.js";
import { ConfigService } from "../services/config-service.js";
import { KeyValueService } from "../services/key-value-service.js";
import type { KeyValueStore } from "../services/key-value-store.js";
import { type LogRecord, LoggingService, LogRate } from "../services/logging-service.js";
import { memoryStore } from "../services/memory-store.js";
import { type NameResolver, systemResolver } from "../services/resolve-name.js";
import { SocketBroker } from "../services/socket-broker.js";
import { type CheckedServices, DEFAULT_STORE } from "./check-service-grants.js";
import type { Stores } from "./check-stores.js";
import type { SocketOptions } from "./socket-options.js";
import type { UsedServices } from "./used-services.js";

/** What the services of a container are opened with. */
export interface ServiceParts {
  /** Stores of the container, and after them those of its engine. */
  readonly stores: readonly Stores[];
  readonly sockets: SocketOptions | undefined;
}

/** Where what a process does is told of. */
export interface ServiceListener {
  readonly denials: DenialLog;
  readonly logged: (record: LogRecord) => void;
}

/** Sockets, configuration, stores and logs of one container, for all its processes. */
export class GrantedServices {
  readonly #parts: ServiceParts;
  readonly #sockets: SocketBroker;
  readonly #rate = new LogRate();
  #granted: CheckedServices;
  #memory: KeyValueStore | undefined;
  readonly #stores = new Set<string>();
  #hasAsked = false;
  #hasLogged = false;

  constructor(granted: CheckedServices, parts: ServiceParts) {
    this.#granted = granted;
    this.#parts = parts;
    this.#sockets = new SocketBroker(granted.sockets, resolverOf(parts.sockets));
  }

  /** Those of one process that are granted now; the others answer by themselves that they are not. */
  open({ denials, logged }: ServiceListener): (readonly [name: string, service: HostService])[] {
    const { sockets, config, keyvalue, logging } = this.#granted;
    const opened: (readonly [string, HostService])[] = [];
    if (grantsSockets(sockets)) {
      const session = this.#sockets.session(({ call, target }) =>
        denials.denied({ kind: "sockets", call, path: target, errno: EACCES }),
      );
      opened.push([SOCKETS_SERVICE, session]);
    }
    if (config.size > 0)
      opened.push([CONFIG_SERVICE, new ConfigService(() => this.#askedConfig())]);
    if (keyvalue.length > 0) opened.push([KEY_VALUE_SERVICE, this.#openStores(denials)]);
    if (logging !== undefined) {
      const service = new LoggingService({
        lowest: () => {
          this.#hasLogged = true;
          return this.#granted.logging;
        },
        rate: this.#rate,
        emit: logged,
        refused: () => denials.denied({ kind: "logging", call: "log", errno: EACCES }),
      });
      opened.push([LOGGING_SERVICE, service]);
    }
    return opened;
  }

  /** What processes have made use of. */
  get used(): UsedServices {
    return {
      sockets: this.#sockets.uses.list(),
      config: this.#hasAsked,
      keyvalue: [...this.#stores],
      logging: this.#hasLogged,
    };
  }

  /** Grants less from here on: sockets that are open and no longer granted are cut. */
  narrow(next: CheckedServices): void {
    this.#granted = next;
    this.#sockets.narrow(next.sockets);
  }

  #askedConfig(): ReadonlyMap<string, string> {
    this.#hasAsked = true;
    return this.#granted.config;
  }

  #openStores(denials: DenialLog): HostService {
    return new KeyValueService({
      store: (name) => this.#store(name === "" ? DEFAULT_STORE : name),
      mayOpen: (name) => this.#granted.keyvalue.includes(name === "" ? DEFAULT_STORE : name),
      refused: (call, name) =>
        denials.denied({ kind: "keyvalue", call, path: name, errno: EACCES }),
    });
  }

  #store(name: string): KeyValueStore | undefined {
    this.#stores.add(name);
    for (const stores of this.#parts.stores) {
      const store = stores.get(name);
      if (store !== undefined) return store;
    }
    if (name === DEFAULT_STORE) return (this.#memory ??= memoryStore());
    return undefined;
  }
}

function resolverOf({ lookup }: SocketOptions = {}): NameResolver {
  if (lookup === undefined) return systemResolver;
  return async (name) => {
    const found: unknown = await lookup(name);
    if (!Array.isArray(found)) return [];
    return found.map((entry: { readonly address?: unknown } | undefined) => String(entry?.address));
  };
}
