import { MAX_FRAME_BYTES } from "./frame-ring.js";
import type { Guest } from "./guest.js";
import type { Answer, ServiceDesk } from "./guest-services.js";
import {
  decodeHead,
  encodeHead,
  HOST_RINGS_BYTES,
  type HostFrameMessage,
  type HostRings,
  KIND_ANSWER,
  KIND_FORGET,
  KIND_POST,
  KIND_REFUSAL,
  openHostRings,
} from "./host-frames.js";
import { type Mailbox, RING_EVENT, STDIN_RING } from "./mailbox.js";

const EVENT = STDIN_RING + RING_EVENT;
const NOTHING = new Uint8Array(0);

export interface HostDeskParts {
  readonly mailbox: Mailbox;
  post(message: HostFrameMessage, given: readonly ArrayBuffer[]): void;
  /** Takes the messages that have come: among them frames, given to `received`. */
  receive(): void;
  /** The process of that number, if this worker runs it or has just ended it. */
  find(guest: number): Guest | undefined;
  /** A service has failed. */
  failed(guest: Guest, service: string, error: unknown): void;
}

interface WaitingAnswer {
  readonly guest: number;
  readonly id: number;
  readonly kind: number;
  readonly head: Uint8Array | undefined;
  readonly body: Uint8Array;
}

/** App side of the requests of one worker's processes. */
export class HostDesk {
  readonly buffer = new SharedArrayBuffer(HOST_RINGS_BYTES);
  readonly #rings: HostRings = openHostRings(this.buffer);
  readonly #parts: HostDeskParts;
  readonly #messages = new Map<number, HostFrameMessage>();
  /** Answers for which there was no room, oldest first. */
  readonly #late: WaitingAnswer[] = [];
  /** Of the process that has asked last. */
  #desk: (ServiceDesk & { readonly guest: Guest }) | undefined;

  constructor(parts: HostDeskParts) {
    this.#parts = parts;
  }

  /** Whether a process has asked something. */
  get asked(): boolean {
    return this.#rings.requests.waiting;
  }

  received(message: HostFrameMessage): void {
    this.#messages.set(message.id, message);
  }

  /** Hands on what processes have asked by now, and answers for which there is room now. */
  drain(): void {
    this.#flush();
    for (;;) {
      const frame = this.#rings.requests.read();
      if (frame === undefined) return;
      const { id, head } = frame;
      if (head === undefined) this.#parts.receive();
      const message = this.#messages.get(id);
      this.#messages.delete(id);
      const guest = this.#parts.find(frame.guest);
      const services = guest?.services;
      if (guest === undefined || services === undefined) continue;
      if (frame.kind === KIND_FORGET) {
        services.forget(id);
        continue;
      }
      const named = head === undefined ? message?.head : decodeHead(head);
      const body = head === undefined ? (message?.body ?? NOTHING) : frame.body;
      const desk = this.#deskOf(guest);
      const request = named as [string, string, unknown];
      if (frame.kind === KIND_POST) services.told(desk, request, body);
      else services.request(desk, id, request, body);
    }
  }

  #deskOf(guest: Guest): ServiceDesk {
    if (this.#desk?.guest === guest) return this.#desk;
    this.#desk = {
      guest,
      answer: (to, answer) => this.#answer(guest, to, answer),
      failed: (service, error) => this.#parts.failed(guest, service, error),
    };
    return this.#desk;
  }

  #answer(guest: Guest, id: number, answer: Answer): void {
    if (guest.over || guest.worker === undefined) return;
    const kind = answer.ok ? KIND_ANSWER : KIND_REFUSAL;
    const head = answer.ok ? answer.reply.head : [answer.code, answer.data];
    const body = (answer.ok ? answer.reply.body : undefined) ?? NOTHING;
    const encoded = body.length <= MAX_FRAME_BYTES ? encodeHead(head) : undefined;
    if (encoded !== undefined && encoded.length + body.length <= MAX_FRAME_BYTES) {
      this.#late.push({ guest: guest.id, id, kind, head: encoded, body });
    } else {
      const isGiven = answer.ok && answer.reply.isGiven === true;
      const given = isGiven ? [body.buffer as ArrayBuffer] : [];
      this.#parts.post({ type: "host-frame", id, head, body }, given);
      this.#late.push({ guest: guest.id, id, kind, head: undefined, body: NOTHING });
    }
    this.#flush();
  }

  #flush(): void {
    let written = false;
    for (let next = this.#late[0]; next !== undefined; next = this.#late[0]) {
      const { guest, id, kind, head, body } = next;
      const { answers } = this.#rings;
      if (!answers.write(guest, id, kind, head, body)) {
        answers.late();
        // The process may have read everything in between.
        if (!answers.write(guest, id, kind, head, body)) break;
      }
      this.#late.shift();
      written = true;
    }
    if (!written) return;
    const { words } = this.#parts.mailbox;
    Atomics.add(words, EVENT, 1);
    Atomics.notify(words, EVENT);
  }
}
