import type { HostService, HostServices } from "../base/host-service.js";
import { HTTP_SERVICE } from "../base/http-messages.js";
import type { DenialLog } from "../fs/denial.js";
import { EACCES } from "../fs/errno.js";
import type { HttpBroker, HttpUse } from "../http/out/broker.js";
import type { HttpOptions } from "../http/http-options.js";
import type { CheckedGrants } from "./check-grants.js";
import type { CheckedOptions } from "./check-options.js";
import { grantsSockets } from "../services/checked-sockets.js";
import { grantsServices } from "./check-service-grants.js";
import type { Stores } from "./check-stores.js";
import type { GrantedServices, ServiceListener } from "./granted-services.js";
import type { SocketOptions } from "./socket-options.js";
import { NO_SERVICES_USED, type UsedServices } from "./used-services.js";

/** What an engine gives the services of all its containers. */
export interface ServiceHosts {
  readonly http: HttpOptions | undefined;
  readonly sockets: SocketOptions | undefined;
  readonly stores: Stores;
}

/** Whether the processes of a container may ask its app for anything: most may not, and pay nothing. */
export function needsServices({ http, services }: CheckedOptions): boolean {
  return http.length > 0 || grantsServices(services);
}

/**
 * Whether its processes may ask for what outlives one of their instances: requests, sockets, functions of the
 * app. Stores, configuration and logs are asked call by call.
 */
export function asksOthers({ http, services, imports }: CheckedOptions): boolean {
  return http.length > 0 || grantsSockets(services.sockets) || imports.size > 0;
}

/**
 * What the services of a container's processes share: connections, rates, counts. Made with its first
 * process; what a service needs is loaded then.
 */
export class ContainerServices {
  readonly #hosts: ServiceHosts;
  #present: CheckedOptions;
  #http: Promise<HttpBroker> | undefined;
  #broker: HttpBroker | undefined;
  #opening: Promise<GrantedServices> | undefined;
  #granted: GrantedServices | undefined;

  constructor(granted: CheckedOptions, hosts: ServiceHosts) {
    this.#present = granted;
    this.#hosts = hosts;
  }

  /**
   * The services of one process, by name. Each is ended with it.
   *
   * @param listener - is told what they refuse for want of a grant, and what is logged
   * @param own - services of this process alone, such as its calls
   */
  async open(listener: ServiceListener, own: HostServices | undefined): Promise<HostServices> {
    const services = new Map<string, HostService>(own);
    if (this.#present.http.length > 0) {
      const broker = await (this.#http ??= this.#openHttp());
      services.set(HTTP_SERVICE, httpService(broker, listener.denials));
    }
    if (grantsServices(this.#present.services)) {
      const granted = await (this.#opening ??= this.#openGranted());
      for (const [name, service] of granted.open(listener)) services.set(name, service);
    }
    return services;
  }

  /** By origin, in the order of their first use. */
  get httpUses(): readonly HttpUse[] {
    return this.#broker?.uses.list() ?? [];
  }

  /** What of sockets, configuration, stores and logs was made use of. */
  get used(): UsedServices {
    return this.#granted?.used ?? NO_SERVICES_USED;
  }

  /** Grants less from here on: what is open and no longer granted is cut. */
  narrow(next: CheckedGrants): void {
    this.#present = { ...this.#present, ...next };
    this.#broker?.narrow(next.http);
    this.#granted?.narrow(next.services);
  }

  /** Nothing runs any more: lets go of connections. What was used stays known. */
  release(): void {
    this.#broker?.close();
  }

  async #openHttp(): Promise<HttpBroker> {
    const { HttpBroker } = await import("../http/out/broker.js");
    const http = this.#hosts.http ?? {};
    const isProxied = this.#present.http.some(({ proxy }) => proxy);
    const route = isProxied ? { proxyFor: await proxyOf(http) } : undefined;
    this.#broker = new HttpBroker(this.#present.http, { ...http, ...route });
    return this.#broker;
  }

  async #openGranted(): Promise<GrantedServices> {
    const { GrantedServices } = await import("./granted-services.js");
    const { stores, services } = this.#present;
    this.#granted = new GrantedServices(services, {
      stores: [stores, this.#hosts.stores],
      sockets: this.#hosts.sockets,
    });
    return this.#granted;
  }
}

function httpService(broker: HttpBroker, log: DenialLog): HostService {
  return broker.session(({ method, url, address, headers }) =>
    log.denied({
      kind: "http",
      call: method,
      path: url,
      errno: EACCES,
      ...(address === undefined ? undefined : { address }),
      ...(headers === undefined ? undefined : { headers }),
    }),
  );
}

/** The engine's own proxy, or the environment's as it is now. */
async function proxyOf({ proxy }: HttpOptions): Promise<(url: URL) => URL | undefined> {
  const { proxyChoice } = await import("../registry/proxy-for-url.js");
  return proxyChoice(proxy, process.env);
}
