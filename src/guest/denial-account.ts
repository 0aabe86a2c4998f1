import type { Denial } from "../fs/denial.js";
import type { CountedDenial, DenialMessage, DenialReport } from "./denial-message.js";
import * as box from "./mailbox.js";

interface Known {
  readonly denial: Denial;
  count: number;
}

/** App side of one guest's denials: what its worker reports, and after a kill what it only counted. */
export class DenialAccount {
  readonly #known = new Map<number, Known>();
  readonly #mayTell: (() => boolean) | undefined;
  #others = 0;
  /** Refused calls up to the last one that was told, that one included. */
  #told = 0;

  constructor(mayTell: (() => boolean) | undefined) {
    this.#mayTell = mayTell;
  }

  /** What a report says that no report before it did: what is told of comes one by one. */
  received({ notes, total, others }: DenialReport): readonly DenialMessage[] {
    const told: CountedDenial[] = [];
    const counted: CountedDenial[] = [];
    for (const { index, denial, count, isDue } of notes) {
      const more = this.#countOf(index, denial, count);
      if (more === undefined) continue;
      if (isDue && (this.#mayTell?.() ?? true)) told.push(more);
      else counted.push(more);
    }
    let suppressed = total - this.#told - told.length;
    if (told.length > 0) this.#told = total;
    const messages: DenialMessage[] = [];
    for (const denial of told) {
      messages.push({ denials: [denial], tell: true, suppressed, others: 0 });
      suppressed = 0;
    }
    const left = this.#takeOthers(others);
    if (counted.length > 0 || left > 0) {
      messages.push({ denials: counted, tell: false, suppressed: 0, others: left });
    }
    return messages;
  }

  /**
   * Of a guest whose thread is gone: what it has counted and not reported. Undefined if that is nothing, or
   * if the counts are of another guest.
   */
  settle({ floats }: box.Mailbox, guest: number): DenialMessage | undefined {
    if (floats[box.DENIALS_GUEST] !== guest) return undefined;
    const denials: CountedDenial[] = [];
    let others = floats[box.DENIALS_OTHER] ?? 0;
    const distinct = Math.min(floats[box.DENIALS_DISTINCT] ?? 0, box.MAX_DENIALS);
    for (let index = 0; index < distinct; index++) {
      const count = floats[box.DENIALS_COUNTS + index] ?? 0;
      // One that was never reported: nobody can say any more which it was.
      if (!this.#known.has(index)) others += count;
      else {
        const counted = this.#countOf(index, undefined, count);
        if (counted !== undefined) denials.push(counted);
      }
    }
    const left = this.#takeOthers(others);
    if (denials.length === 0 && left === 0) return undefined;
    return { denials, tell: false, suppressed: 0, others: left };
  }

  #countOf(index: number, denial: Denial | undefined, count: number): CountedDenial | undefined {
    let known = this.#known.get(index);
    if (known === undefined) {
      if (denial === undefined) return undefined;
      known = { denial, count: 0 };
      this.#known.set(index, known);
    }
    const more = count - known.count;
    known.count = count;
    return more === 0 ? undefined : { denial: known.denial, count: more };
  }

  #takeOthers(others: number): number {
    const more = others - this.#others;
    this.#others = others;
    return more;
  }
}
