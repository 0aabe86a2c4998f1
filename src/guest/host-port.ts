import type { MessagePort } from "node:worker_threads";
import type { HostAnswer, HostCalls } from "../wasi/host-calls.js";
import { INCOMING_SERVICE } from "../base/incoming-messages.js";
import { CALLS_SERVICE } from "./call-message.js";
import { type Bell, ringBell } from "./doorbell.js";
import { MAX_FRAME_BYTES } from "./frame-ring.js";
import {
  decodeHead,
  encodeHead,
  type HostFrameMessage,
  type HostRings,
  KIND_ANSWER,
  KIND_FORGET,
  KIND_POST,
  KIND_REQUEST,
  openHostRings,
} from "./host-frames.js";
import { type Mailbox, RING_EVENT, STDIN_RING } from "./mailbox.js";
import { monotonicMs } from "./monotonic-clock.js";
import type { SlotUsage } from "./slot-usage.js";

/** The app adds to it with each answer, as with each change of stdin: a process waits for both in one place. */
const EVENT = STDIN_RING + RING_EVENT;
/** Answers that one process may wait for: far more than sockets and requests that a program keeps open. */
const MAX_PENDING = 1024;
/** How often a worker looks for room in a full ring, in ms: the app does not tell when it has read. */
const ROOM_STEP_MS = 1;
/** What is told without a question is told to the app at latest after so long, in ms, if the guest tells more. */
const MAX_QUIET_MS = 1;
const MAX_ID = 2 ** 31 - 1;
const NOTHING = new Uint8Array(0);
const TOO_MANY: HostAnswer = { ok: false, code: "too-many-requests", data: undefined };

/** What a {@link HostPort} needs of its worker. */
export interface HostPortParts {
  readonly mailbox: Mailbox;
  readonly bell: Bell;
  readonly port: MessagePort;
  readonly usage: SlotUsage;
  /** Takes the messages that have come: among them frames, given to `received`. */
  drainPort(): void;
}

/** Worker side of the services of an app; one process at a time has it. */
export class HostPort implements HostCalls {
  readonly #rings: HostRings;
  readonly #parts: HostPortParts;
  /** Requests without an answer, and answers that nobody has taken. */
  readonly #pending = new Map<number, HostAnswer | undefined>();
  readonly #messages = new Map<number, HostFrameMessage>();
  #services: readonly string[] = [];
  #guest = 0;
  #lastId = 0;
  /** Since when something lies in the ring that the app was not told of, in monotonic ms; 0: nothing does. */
  #quietSince = 0;

  constructor(buffer: SharedArrayBuffer, parts: HostPortParts) {
    this.#rings = openHostRings(buffer);
    this.#parts = parts;
    parts.usage.beforePark = () => this.#tell();
  }

  /** The process of that number begins. */
  begin(guest: number, services: readonly string[]): void {
    this.#guest = guest;
    this.#services = services;
  }

  /** The process is over; what comes for it from now on is dropped. */
  end(): void {
    this.#tell();
    this.#pending.clear();
    this.#messages.clear();
    this.#services = [];
  }

  /** A frame that came by message, ahead of its place in the ring. */
  received(message: HostFrameMessage): void {
    this.#messages.set(message.id, message);
  }

  offers(service: string): boolean {
    return this.#services.includes(service);
  }

  send(
    service: string,
    op: string,
    head: unknown,
    body: Uint8Array = NOTHING,
    isGiven = false,
  ): number {
    const id = this.#nextId();
    if (this.#pending.size >= MAX_PENDING && !isOfLoop(service, op)) {
      this.#pending.set(id, TOO_MANY);
      return id;
    }
    this.#pending.set(id, undefined);
    this.#writeNamed(id, KIND_REQUEST, [service, op, head], body, isGiven);
    this.#ring();
    return id;
  }

  post(service: string, op: string, head: unknown, body: Uint8Array = NOTHING): void {
    this.#writeNamed(this.#nextId(), KIND_POST, [service, op, head], body);
    const now = monotonicMs();
    if (this.#quietSince === 0) this.#quietSince = now;
    else if (now - this.#quietSince > MAX_QUIET_MS) this.#ring();
  }

  has(id: number): boolean {
    this.#receive();
    return this.#pending.get(id) !== undefined;
  }

  take(id: number): HostAnswer | undefined {
    this.#receive();
    const answer = this.#pending.get(id);
    if (answer !== undefined) this.#pending.delete(id);
    return answer;
  }

  wait(timeoutMs = Infinity): void {
    const { words } = this.#parts.mailbox;
    const event = Atomics.load(words, EVENT);
    if (this.#rings.answers.waiting) return;
    this.#parts.usage.park(EVENT, event, timeoutMs);
  }

  call(service: string, op: string, head: unknown, body?: Uint8Array): HostAnswer {
    const id = this.send(service, op, head, body);
    const { words } = this.#parts.mailbox;
    for (;;) {
      // Before the look: what comes after it changes the word.
      const event = Atomics.load(words, EVENT);
      const answer = this.take(id);
      if (answer !== undefined) return answer;
      this.#parts.usage.park(EVENT, event, Infinity);
    }
  }

  forget(id: number): void {
    if (!this.#pending.has(id)) return;
    const answered = this.has(id);
    this.#pending.delete(id);
    if (answered) return;
    this.#write(id, KIND_FORGET, NOTHING, NOTHING);
    this.#ring();
  }

  ignore(id: number): void {
    this.#pending.delete(id);
  }

  renew(): void {
    this.#pending.clear();
    this.#messages.clear();
  }

  #nextId(): number {
    this.#lastId = this.#lastId === MAX_ID ? 1 : this.#lastId + 1;
    return this.#lastId;
  }

  #ring(): void {
    this.#quietSince = 0;
    ringBell(this.#parts.bell);
  }

  /** Tells the app of what it was not told. */
  #tell(): void {
    if (this.#quietSince !== 0) this.#ring();
  }

  #writeNamed(
    id: number,
    kind: number,
    named: readonly [service: string, op: string, head: unknown],
    body: Uint8Array,
    isGiven = false,
  ): void {
    if (body.length <= MAX_FRAME_BYTES) {
      const encoded = encodeHead(named);
      if (encoded.length + body.length <= MAX_FRAME_BYTES) {
        this.#write(id, kind, encoded, body);
        return;
      }
    }
    const message: HostFrameMessage = { type: "host-frame", id, head: named, body };
    this.#parts.port.postMessage(message, isGiven ? [body.buffer as ArrayBuffer] : []);
    this.#write(id, kind, undefined, NOTHING);
  }

  #write(id: number, kind: number, head: Uint8Array | undefined, body: Uint8Array): void {
    const { mailbox, usage } = this.#parts;
    while (!this.#rings.requests.write(this.#guest, id, kind, head, body)) {
      this.#ring();
      usage.park(EVENT, Atomics.load(mailbox.words, EVENT), ROOM_STEP_MS);
    }
  }

  /** Takes the answers that have come. */
  #receive(): void {
    for (;;) {
      const frame = this.#rings.answers.read();
      if (frame === undefined) break;
      const { id, kind } = frame;
      if (frame.head === undefined) this.#parts.drainPort();
      const message = this.#messages.get(id);
      this.#messages.delete(id);
      // Of a process that is over, or forgotten.
      if (frame.guest !== this.#guest || !this.#pending.has(id)) continue;
      const head = frame.head === undefined ? message?.head : decodeHead(frame.head);
      const body = frame.head === undefined ? (message?.body ?? NOTHING) : frame.body;
      this.#pending.set(id, kind === KIND_ANSWER ? { ok: true, head, body } : refusal(head));
    }
    if (this.#rings.answers.takeLate()) ringBell(this.#parts.bell);
  }
}

/** What the worker asks for between two calls of a guest: not the guest, however much that one waits for. */
function isOfLoop(service: string, op: string): boolean {
  return service === CALLS_SERVICE || (service === INCOMING_SERVICE && op === "next");
}

function refusal(head: unknown): HostAnswer {
  const [code, data] = head as [string, unknown];
  return { ok: false, code, data };
}
