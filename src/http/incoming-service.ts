import { HostRefusal, type HostReply, type HostService } from "../base/host-service.js";
import type { HttpReadBody, HttpRequestOf, HttpTrailersOf } from "../base/http-messages.js";
import type { FailureHead, ResponseHead } from "../base/incoming-messages.js";
import type { IncomingAnswer } from "./incoming-answer.js";

const NOTHING: HostReply = Object.freeze({});

/** Is told what becomes of the process. */
export interface IncomingEvents {
  /** A handler has returned, and the process asks for the next request. */
  idle(): void;
  /** The process is over. */
  ended(): void;
}

/** Where a process's requests come from: the service `"incoming"` of one process. */
export class IncomingService implements HostService {
  readonly needsNoSignal = true;
  readonly #answers = new Map<number, IncomingAnswer>();
  readonly #waiting: { readonly answer: IncomingAnswer; readonly last: boolean }[] = [];
  #next: ((reply: HostReply) => void) | undefined;
  #number = 0;
  #closed = false;
  readonly #events: IncomingEvents;

  constructor(events: IncomingEvents) {
    this.#events = events;
  }

  /** Gives the process one more request. `last`: it ends after it. */
  give(answer: IncomingAnswer, last: boolean): void {
    const next = this.#next;
    this.#next = undefined;
    this.#waiting.push({ answer, last });
    next?.(this.#shift());
  }

  /** There are no more requests: the process ends. */
  close(): void {
    this.#closed = true;
    const next = this.#next;
    this.#next = undefined;
    next?.(NOTHING);
  }

  /** Ends what has no end yet: the process is over, for this reason. */
  fail(reason: unknown): void {
    for (const answer of this.#answers.values()) answer.fail(reason);
    for (const { answer } of this.#waiting) answer.fail(reason);
  }

  call(op: string, head: unknown, body: Uint8Array): HostReply | Promise<HostReply> {
    if (op === "next") {
      if (this.#waiting.length > 0) return this.#shift();
      if (this.#closed) return NOTHING;
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
        this.#events.idle();
        return NOTHING;
      default:
        throw new HostRefusal("internal-error");
    }
  }

  end(): void {
    for (const answer of this.#answers.values()) answer.leaveBody();
    this.#events.ended();
  }

  #shift(): HostReply {
    const next = this.#waiting.shift();
    if (next === undefined) return NOTHING;
    const number = ++this.#number;
    this.#answers.set(number, next.answer);
    return { head: next.answer.head(number, next.last) };
  }
}
