import type { HostService } from "../base/host-service.js";
import type { CheckedSockets } from "./checked-sockets.js";
import type { NameResolver } from "./resolve-name.js";
import { type RefusedSocket, SocketSession } from "./socket-session.js";
import { SocketUses } from "./socket-uses.js";

/** Open sockets of a container, those that wait to be accepted included. */
export const MAX_SOCKETS = 256;

/** What the processes of one container share: what is granted, and how many sockets they may have. */
export class SocketBroker {
  readonly #sessions = new Set<SocketSession>();
  readonly #resolve: NameResolver;
  readonly uses = new SocketUses();
  #granted: CheckedSockets;
  #open = 0;

  constructor(granted: CheckedSockets, resolve: NameResolver) {
    this.#granted = granted;
    this.#resolve = resolve;
  }

  /**
   * For one process.
   *
   * @param refused - is told of each call that no grant allows
   */
  session(refused: (call: RefusedSocket) => void): HostService {
    const session = new SocketSession(
      {
        granted: () => this.#granted,
        resolve: this.#resolve,
        take: () => this.#take(),
        giveBack: () => void this.#open--,
        uses: this.uses,
        ended: () => void this.#sessions.delete(session),
      },
      refused,
    );
    this.#sessions.add(session);
    return session;
  }

  /** Sockets that are open now. */
  get open(): number {
    return this.#open;
  }

  /** Grants less from here on: what is open and no longer granted is cut. */
  narrow(next: CheckedSockets): void {
    this.#granted = next;
    for (const session of this.#sessions) session.recheck();
  }

  /** False: there are as many as may be. */
  #take(): boolean {
    if (this.#open === MAX_SOCKETS) return false;
    this.#open++;
    return true;
  }
}
