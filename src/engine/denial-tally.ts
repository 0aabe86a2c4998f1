import type { CountedDenial, DenialMessage } from "../guest/denial-message.js";
import type { CheckedOptions } from "./check-options.js";
import type { AuditedDenial } from "./container-audit.js";
import { toRefusedCall } from "./refused-call.js";

/** Different denials of one container that are kept apart; a process has 64 at most. */
const MAX_DISTINCT = 256;

/** Counts the refused calls of a container's processes. */
export class DenialTally {
  readonly #granted: CheckedOptions;
  readonly #counted = new Map<string, CountedDenial>();
  #others = 0;

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
      const { kind, call, errno, mount = -1, needs = "", path = "" } = denial;
      const key = `${kind} ${call} ${errno} ${mount} ${needs} ${path}`;
      const before = this.#counted.get(key);
      if (before !== undefined || this.#counted.size < MAX_DISTINCT) {
        this.#counted.set(key, { denial, count: (before?.count ?? 0) + count });
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
