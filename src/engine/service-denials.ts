import type { Denial, DenialLog } from "../fs/denial.js";
import type { DenialMessage } from "../guest/denial-message.js";
import type { GuestIo } from "../guest/guest.js";

/** Different denials of one process that are told apart, as its worker has them. */
const MAX_DISTINCT = 64;

/** What a process's services have refused: each different one is told at its 1st, 2nd, 4th, 8th … time. */
export class ServiceDenials implements DenialLog {
  readonly #io: Pick<GuestIo, "denied" | "mayTellDenial">;
  readonly #counts = new Map<string, number>();
  #suppressed = 0;

  constructor(io: Pick<GuestIo, "denied" | "mayTellDenial">) {
    this.#io = io;
  }

  denied(denial: Denial): void {
    const { kind, call, errno, path = "", address = "", headers = [] } = denial;
    const key = `${kind} ${call} ${errno} ${path} ${address} ${headers.join()}`;
    const count = (this.#counts.get(key) ?? 0) + 1;
    if (count > 1 || this.#counts.size < MAX_DISTINCT) this.#counts.set(key, count);
    else return this.#send({ denials: [], tell: false, suppressed: 0, others: this.#skip() });
    const isDue = (count & (count - 1)) === 0;
    const tell = isDue && (this.#io.mayTellDenial?.() ?? true);
    const suppressed = this.#suppressed;
    this.#suppressed = tell ? 0 : suppressed + 1;
    this.#send({
      denials: [{ denial, count: 1 }],
      tell,
      suppressed: tell ? suppressed : 0,
      others: 0,
    });
  }

  #skip(): number {
    this.#suppressed++;
    return 1;
  }

  #send(message: DenialMessage): void {
    this.#io.denied?.(message);
  }
}
