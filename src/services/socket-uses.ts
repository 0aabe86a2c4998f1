/** What of `grants.sockets` was made use of. */
export interface SocketUse {
  readonly grant: SocketGrantName;
  /** As a grant has it: `10.0.0.5:5432`, `db.example.com:5432` where a name was granted, a name that was looked up. */
  readonly target: string;
  /** Connections, sockets that were bound, datagrams, lookups. */
  readonly count: number;
}

/** A list of `grants.sockets`. */
export type SocketGrantName =
  | "tcp.connect"
  | "tcp.listen"
  | "udp.connect"
  | "udp.listen"
  | "lookup";

/** Uses that are kept apart: a wide grant could fill the app's memory. */
const MAX_USES = 256;

/** What the sockets of a container's processes were used for. */
export class SocketUses {
  readonly #counts = new Map<string, { grant: SocketGrantName; target: string; count: number }>();

  add(grant: SocketGrantName, target: string): void {
    const key = `${grant} ${target}`;
    const known = this.#counts.get(key);
    if (known !== undefined) known.count++;
    else if (this.#counts.size < MAX_USES) this.#counts.set(key, { grant, target, count: 1 });
  }

  list(): SocketUse[] {
    return [...this.#counts.values()].map((use) => ({ ...use }));
  }
}
