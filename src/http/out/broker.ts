import { HostRefusal, type HostService } from "../../base/host-service.js";
import { Connections } from "./connections.js";
import type { CheckedHttpGrant } from "../http-grant.js";
import type { RoutedHttpOptions } from "../http-options.js";
import { HttpSession } from "./http-session.js";
import { HttpUses, type HttpUse } from "./http-uses.js";
import { type ActiveGrant, activate, grantFor, wayOf } from "./request-policy.js";

export type { HttpUse };

/** A request that was refused for want of a grant. */
export interface RefusedRequest {
  readonly method: string;
  /** Origin and path, without the query. */
  readonly url: string;
  /** Where the name leads, if that alone is not granted. */
  readonly address?: string;
  /** All headers that the guest has set, if one of them alone is not granted. */
  readonly headers?: readonly string[];
}

/** Requests of one container's processes: what is granted, connections, rates and counts. */
export class HttpBroker {
  readonly options: RoutedHttpOptions;
  readonly uses = new HttpUses();
  readonly #sessions = new Set<HttpSession>();
  /** By what addresses they may go to. */
  readonly #connections = new Map<string, Connections>();
  #grants: readonly ActiveGrant[];

  constructor(grants: readonly CheckedHttpGrant[], options: RoutedHttpOptions = {}) {
    this.options = options;
    this.#grants = activated(grants, []);
  }

  /** The service `"http"` of one process; `refused` is told what it asks for and is not granted. */
  session(refused: (request: RefusedRequest) => void): HostService {
    const session = new HttpSession(this, refused, () => this.#sessions.delete(session));
    this.#sessions.add(session);
    return session;
  }

  /** The grant of a request. */
  grantFor(url: URL, method: string): ActiveGrant | undefined {
    return grantFor(this.#grants, url, method);
  }

  /**
   * Counts a request in.
   *
   * @throws HostRefusal `connection-limit-reached`
   */
  enter(active: ActiveGrant): void {
    const { grant, rate, use } = active;
    if (use.open >= grant.maxConcurrent || !rate.take()) {
      throw new HostRefusal("connection-limit-reached");
    }
    use.open++;
  }

  connectionsFor(grant: CheckedHttpGrant): Connections {
    const key = wayOf(grant);
    let connections = this.#connections.get(key);
    if (connections === undefined) {
      connections = new Connections(grant, this.options);
      this.#connections.set(key, connections);
    }
    return connections;
  }

  /** Grants less from here on: requests that are open and no longer granted are cut. */
  narrow(grants: readonly CheckedHttpGrant[]): void {
    this.#grants = activated(grants, this.#grants);
    for (const session of this.#sessions) session.recheck();
    const left = new Set(grants.map(wayOf));
    for (const [key, connections] of this.#connections) {
      if (left.has(key)) continue;
      connections.close();
      this.#connections.delete(key);
    }
  }

  /** Nothing runs any more. What was used stays known. */
  close(): void {
    for (const session of this.#sessions) session.end();
    for (const connections of this.#connections.values()) connections.close();
    this.#connections.clear();
  }
}

function activated(
  grants: readonly CheckedHttpGrant[],
  before: readonly ActiveGrant[],
): readonly ActiveGrant[] {
  return grants.flatMap((grant) => activate(grant, before) ?? []);
}
