import type { HttpFields } from "../../../base/http-messages.js";
import {
  INCOMING_SERVICE,
  type IncomingHead,
  type ResponseHead,
} from "../../../base/incoming-messages.js";
import type { Process } from "../process.js";
import type { OutgoingBytes } from "./body-output.js";

/** One request that a guest answers, in its worker. */
export class IncomingExchange {
  readonly head: IncomingHead;
  readonly #process: Process;
  #answered = false;

  constructor(process: Process, head: IncomingHead) {
    this.#process = process;
    this.head = head;
  }

  respond(status: number, headers: HttpFields, body: OutgoingBytes | undefined): void {
    this.#answered = true;
    const { request } = this.head;
    const first = body?.takeHeld(this.#process);
    const head: ResponseHead = { request, status, headers, more: body !== undefined };
    this.#process.context.host.post(INCOMING_SERVICE, "response", head, first);
    body?.attach({ service: INCOMING_SERVICE, request, tellsAhead: true }, this.#process);
  }

  fail(code: string | undefined): void {
    this.#answered = true;
    const { request } = this.head;
    this.#process.context.host.post(INCOMING_SERVICE, "fail", { request, code });
  }

  /** The handler has returned: what is not there by now never comes. */
  over(): void {
    if (!this.#answered) this.fail(undefined);
    if (!this.head.last) {
      this.#process.context.host.post(INCOMING_SERVICE, "over", { request: this.head.request });
    }
  }
}
