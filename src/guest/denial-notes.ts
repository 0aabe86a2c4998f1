import type { MessagePort } from "node:worker_threads";
import type { Denial, DenialLog } from "../fs/denial.js";
import type { CountedDenial, DenialMessage } from "./denial-message.js";
import { SLOT_DENIED, SLOT_ORDER_ID } from "./mailbox.js";
import { monotonicMs } from "./monotonic-clock.js";

/** Different denials of one process that are told apart: more than a person reads, little enough to keep. */
const MAX_DISTINCT = 64;
/** Denials told in one second by one worker: an app that logs each is not slowed down by a guest. */
const MAX_TOLD = 100;
const SECOND_MS = 1000;

interface Note {
  readonly denial: Denial;
  count: number;
  /** How many of these the app knows of. */
  sent: number;
  /** Told again at this count: each time that it has doubled. */
  due: number;
}

/**
 * Worker side of denials: each different one is told to the app at its 1st, 2nd, 4th, 8th … time, as far
 * as the rate allows, and counted in between. A guest that makes nothing else costs the app next to nothing.
 */
export class DenialNotes implements DenialLog {
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #port: MessagePort;
  readonly #notes = new Map<string, Note>();
  #last: Note | undefined;
  #slot = 0;
  #guest = 0;
  #suppressed = 0;
  #others = 0;
  /** When the second began in which so many were told. */
  #second = 0;
  #told = 0;

  constructor(words: Int32Array<SharedArrayBuffer>, port: MessagePort) {
    this.#words = words;
    this.#port = port;
  }

  /** A guest begins, of the order in this slot. */
  begin(slot: number): void {
    this.#slot = slot;
    this.#guest = this.#words[slot + SLOT_ORDER_ID] ?? 0;
    this.#words[slot + SLOT_DENIED] = 0;
  }

  denied(denial: Denial): void {
    const note = this.#noteOf(denial);
    if (note === undefined) {
      this.#others++;
      this.#suppressed++;
      return;
    }
    if (++note.count < note.due) {
      this.#suppressed++;
      return;
    }
    note.due *= 2;
    if (!this.#mayTell()) {
      this.#suppressed++;
      return;
    }
    this.#post([note], true);
  }

  /** The guest is over: tells what was only counted. */
  end(): void {
    if (this.#notes.size === 0) return;
    const left = [...this.#notes.values()].filter(({ count, sent }) => count > sent);
    if (left.length > 0 || this.#others > 0) this.#post(left, false);
    this.#notes.clear();
    this.#last = undefined;
    this.#suppressed = 0;
  }

  /** Undefined: there are too many different ones. */
  #noteOf(denial: Denial): Note | undefined {
    const last = this.#last;
    if (last !== undefined && isSame(last.denial, denial)) return last;
    const { kind, call, errno, mount = -1, needs = "", path = "" } = denial;
    const key = `${kind} ${call} ${errno} ${mount} ${needs} ${path}`;
    let note = this.#notes.get(key);
    if (note === undefined) {
      if (this.#notes.size === MAX_DISTINCT) return undefined;
      note = { denial, count: 0, sent: 0, due: 1 };
      this.#notes.set(key, note);
    }
    this.#last = note;
    return note;
  }

  #mayTell(): boolean {
    const now = monotonicMs();
    if (now - this.#second >= SECOND_MS) {
      this.#second = now;
      this.#told = 0;
    }
    if (this.#told === MAX_TOLD) return false;
    this.#told++;
    return true;
  }

  #post(notes: readonly Note[], tell: boolean): void {
    const denials: CountedDenial[] = [];
    for (const note of notes) {
      denials.push({ denial: note.denial, count: note.count - note.sent });
      note.sent = note.count;
    }
    const [suppressed, others] = [this.#suppressed, this.#others];
    this.#suppressed = 0;
    this.#others = 0;
    this.#words[this.#slot + SLOT_DENIED] = 1;
    const guest = this.#guest;
    this.#port.postMessage({
      type: "denied",
      guest,
      denials,
      tell,
      suppressed,
      others,
    } satisfies DenialMessage);
  }
}

function isSame(a: Denial, b: Denial): boolean {
  return (
    a.call === b.call &&
    a.path === b.path &&
    a.errno === b.errno &&
    a.mount === b.mount &&
    a.needs === b.needs &&
    a.kind === b.kind
  );
}
