import type { HostService, HostServices } from "../base/host-service.js";
import type { DenialLog } from "../fs/denial.js";
import type { HttpOptions } from "../http/http-options.js";
import type { CheckedGrants } from "./check-grants.js";
import type { CheckedOptions } from "./check-options.js";

/** What an engine gives the services of all its containers. */
export interface ServiceHosts {
  readonly http: HttpOptions | undefined;
}

/** Whether the processes of a container may ask its app for anything: most may not, and pay nothing. */
export function needsServices({ http }: CheckedOptions): boolean {
  return http.length > 0;
}

/**
 * What the services of a container's processes share: connections, rates, counts. Made with its first
 * process; what a service needs is loaded then.
 */
export class ContainerServices {
  #present: CheckedOptions;

  constructor(granted: CheckedOptions, _hosts: ServiceHosts) {
    this.#present = granted;
  }

  /**
   * The services of one process, by name. Each is ended with it.
   *
   * @param _log - is told what they refuse for want of a grant
   * @param own - services of this process alone, such as its calls
   */
  async open(_log: DenialLog, own: HostServices | undefined): Promise<HostServices> {
    const services = new Map<string, HostService>(own);
    return services;
  }

  /** Grants less from here on: what is open and no longer granted is cut. */
  narrow(next: CheckedGrants): void {
    this.#present = { ...this.#present, ...next };
  }

  /** Nothing runs any more: lets go of connections. What was used stays known. */
  release(): void {
    return;
  }
}
