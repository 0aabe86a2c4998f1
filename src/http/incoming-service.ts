import { HostRefusal, type HostReply, type HostService } from "../base/host-service.js";
import type { HttpReadBody, HttpRequestOf, HttpTrailersOf } from "../base/http-messages.js";
import type { FailureHead, ResponseHead } from "../base/incoming-messages.js";
import type { IncomingAnswer } from "./incoming-answer.js";

const NOTHING: HostReply = Object.freeze({});

/** In place of a request: the process is to end. */
export const END = Symbol("no more requests");

export interface NextRequest {
  readonly answer: IncomingAnswer;
  /** The process ends after it. */
  readonly last: boolean;
}

/** Is asked, and told what becomes of the process. */
export interface IncomingEvents {
  /** The process asks for its next request; undefined: it is given one later. */
  next(): NextRequest | typeof END | undefined;
  /** Others wait for a worker: whether the process leaves its own. */
  crowded(): boolean;
  /** The process is over. */
  ended(): void;
}

/** Where a process's requests come from: the service `"incoming"` of one process. */
export class IncomingService implements HostService {
  readonly needsNoSignal = true;
  readonly #answers = new Map<number, IncomingAnswer>();
  #next: ((reply: HostReply) => void) | undefined;
  #number = 0;
  readonly #events: IncomingEvents;

  constructor(events: IncomingEvents) {
    this.#events = events;
  }

  /** Gives a request to the process, which waits for one. */
  give(next: NextRequest): void {
    this.#reply(this.#replyWith(next));
  }

  /** The process, which waits for a request, ends. */
  close(): void {
    this.#reply(NOTHING);
  }

  crowded(): boolean {
    return this.#events.crowded();
  }

  /** Ends what has no end yet: the process is over, for this reason. */
  fail(reason: unknown): void {
    for (const answer of this.#answers.values()) answer.fail(reason);
  }

  call(op: string, head: unknown, body: Uint8Array): HostReply | Promise<HostReply> {
    if (op === "next") {
      const next = this.#events.next();
      if (next === END) return NOTHING;
      if (next !== undefined) return this.#replyWith(next);
      return new Promise((resolve) => {
        this.#next = resolve;
      });
    }
    const { request } = head as HttpRequestOf;
    const answer = this.#answers.get(request);
    if (answer === undefined) throw new HostRefusal("connection-terminated");
    switch (op) {
      case "read-body":
        return answer.readBody(head as HttpReadBody);
      case "response":
        return answer.respond(head as ResponseHead, body);
      case "write-body":
        return answer.write(body);
      case "finish-body":
        return answer.finish(head as HttpTrailersOf);
      case "cancel":
        return answer.dropped(head as FailureHead);
      case "fail":
        return answer.failed(head as FailureHead);
      case "over":
        this.#answers.delete(request);
        answer.dropped({ request, code: undefined });
        answer.leaveBody();
        return NOTHING;
      default:
        throw new HostRefusal("internal-error");
    }
  }

  end(): void {
    for (const answer of this.#answers.values()) answer.leaveBody();
    this.#events.ended();
  }

  #reply(reply: HostReply): void {
    const next = this.#next;
    this.#next = undefined;
    next?.(reply);
  }

  #replyWith({ answer, last }: NextRequest): HostReply {
    const number = ++this.#number;
    this.#answers.set(number, answer);
    return { head: answer.head(number, last) };
  }
}
