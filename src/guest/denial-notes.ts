import type { MessagePort } from "node:worker_threads";
import type { Denial, DenialLog } from "../fs/denial.js";
import type { DenialNote, DenialReport } from "./denial-message.js";
import * as box from "./mailbox.js";
import { monotonicMs } from "./monotonic-clock.js";

/** Messages that one worker posts in a tenth of a second: what a flood costs the app's thread is bounded. */
const MAX_POSTED = 10;
const WINDOW_MS = 100;

interface Note {
  readonly index: number;
  readonly denial: Denial;
  count: number;
  /** How many of these were reported. */
  sent: number;
  /** Told again at this count: each time that it has doubled. */
  due: number;
  isDue: boolean;
}

/**
 * Worker side of denials: each different one is reported to the app at its 1st, 2nd, 4th, 8th … time, as far
 * as the rate allows, and counted in shared memory, which the app reads if the guest is killed. A guest that
 * makes nothing else costs the app next to nothing.
 */
export class DenialNotes implements DenialLog {
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #floats: Float64Array<SharedArrayBuffer>;
  readonly #port: MessagePort;
  readonly #notes = new Map<string, Note>();
  #last: Note | undefined;
  #slot = 0;
  #guest = 0;
  #total = 0;
  #others = 0;
  #reportedOthers = 0;
  /** Some are due. */
  #hasDue = false;
  /** When the window began in which so many messages were posted. */
  #window = 0;
  #posted = 0;

  constructor({ words, floats }: box.Mailbox, port: MessagePort) {
    this.#words = words;
    this.#floats = floats;
    this.#port = port;
  }

  /** A guest begins, of the order in this slot. */
  begin(slot: number): void {
    this.#slot = slot;
    this.#guest = this.#words[slot + box.SLOT_ORDER_ID] ?? 0;
    this.#words[slot + box.SLOT_DENIED] = 0;
    this.#floats[box.DENIALS_DISTINCT] = 0;
    this.#floats[box.DENIALS_OTHER] = 0;
    this.#floats[box.DENIALS_GUEST] = this.#guest;
  }

  denied(denial: Denial): void {
    this.#total++;
    const note = this.#noteOf(denial);
    if (note === undefined) {
      this.#floats[box.DENIALS_OTHER] = ++this.#others;
    } else {
      this.#floats[box.DENIALS_COUNTS + note.index] = ++note.count;
      if (note.count === note.due) {
        note.due *= 2;
        note.isDue = true;
        this.#hasDue = true;
      }
    }
    if (this.#hasDue && this.#mayPost()) this.#post(({ isDue }) => isDue);
  }

  /** The guest is over: reports what was only counted. */
  end(): void {
    if (this.#total === 0) return;
    this.#post(({ count, sent }) => count > sent);
    this.#notes.clear();
    this.#last = undefined;
    this.#total = 0;
    this.#others = 0;
    this.#reportedOthers = 0;
  }

  /** Undefined: there are too many different ones. */
  #noteOf(denial: Denial): Note | undefined {
    const last = this.#last;
    if (last !== undefined && isSame(last.denial, denial)) return last;
    const { kind, call, errno, mount = -1, needs = "", path = "" } = denial;
    const key = `${kind} ${call} ${errno} ${mount} ${needs} ${path}`;
    let note = this.#notes.get(key);
    if (note === undefined) {
      const index = this.#notes.size;
      if (index === box.MAX_DENIALS) return undefined;
      note = { index, denial, count: 0, sent: 0, due: 1, isDue: false };
      this.#notes.set(key, note);
      this.#floats[box.DENIALS_COUNTS + index] = 0;
      this.#floats[box.DENIALS_DISTINCT] = index + 1;
    }
    this.#last = note;
    return note;
  }

  #mayPost(): boolean {
    const now = monotonicMs();
    if (now - this.#window >= WINDOW_MS) {
      this.#window = now;
      this.#posted = 0;
    }
    if (this.#posted === MAX_POSTED) return false;
    this.#posted++;
    return true;
  }

  #post(isWanted: (note: Note) => boolean): void {
    const notes: DenialNote[] = [];
    for (const note of this.#notes.values()) if (isWanted(note)) notes.push(reported(note));
    this.#hasDue = false;
    if (notes.length === 0 && this.#others === this.#reportedOthers) return;
    this.#reportedOthers = this.#others;
    this.#words[this.#slot + box.SLOT_DENIED] = 1;
    this.#port.postMessage({
      type: "denied",
      guest: this.#guest,
      notes,
      total: this.#total,
      others: this.#others,
    } satisfies DenialReport);
  }
}

function reported(note: Note): DenialNote {
  const { index, denial, count, sent, isDue } = note;
  note.sent = count;
  note.isDue = false;
  return { index, denial: sent === 0 ? denial : undefined, count, isDue };
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
