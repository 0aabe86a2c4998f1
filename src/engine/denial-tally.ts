import type { CountedDenial, DenialMessage } from "../guest/denial-message.js";
import type { CheckedOptions } from "./check-options.js";
import type { AuditedDenial } from "./container-audit.js";
import { toRefusedCall } from "./refused-call.js";

/** Different denials of one container that are kept apart; a process has 64 at most. */
const MAX_DISTINCT = 256;
/**
 * Characters of all their paths, which are kept twice with 2 bytes at most: 128 KB a container. Paths of
 * programs have some dozens, and a guest that is given 4 KB for one would else fill 1 MB.
 */
const MAX_PATHS = 32 * 1024;

/** Counts the refused calls of a container's processes. */
export class DenialTally {
  readonly #granted: CheckedOptions;
  readonly #counted = new Map<string, CountedDenial>();
  #others = 0;
  #paths = 0;

  constructor(granted: CheckedOptions) {
    this.#granted = granted;
  }

  /** Refused calls that are not in the list. */
  get others(): number {
    return this.#others;
  }

  add({ denials, others }: DenialMessage): void {
    this.#others += others;
    for (const { denial, count } of denials) {
      const {
        kind,
        call,
        errno,
        mount = -1,
        needs = "",
        path = "",
        address = "",
        headers = [],
      } = denial;
      const key = `${kind} ${call} ${errno} ${mount} ${needs} ${path} ${address} ${headers.join()}`;
      const size = path.length + headers.join().length;
      const before = this.#counted.get(key);
      if (before !== undefined) {
        this.#counted.set(key, { denial, count: before.count + count });
      } else if (this.#counted.size < MAX_DISTINCT && this.#paths + size <= MAX_PATHS) {
        this.#counted.set(key, { denial, count });
        this.#paths += size;
      } else {
        this.#others += count;
      }
    }
  }

  list(): AuditedDenial[] {
    return [...this.#counted.values()].map(({ denial, count }) => ({
      ...toRefusedCall(denial, this.#granted),
      count,
    }));
  }
}
