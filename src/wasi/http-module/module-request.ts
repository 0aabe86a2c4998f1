import {
  HTTP_SERVICE,
  type HttpBodyChunk,
  type HttpFields,
  type HttpRequestHead,
  type HttpResponseHead,
} from "../../base/http-messages.js";
import { EBUSY, EINVAL, type Errno } from "../../fs/errno.js";
import type { HostAnswer, HostCalls } from "../host-calls.js";
import { errnoOf } from "./errno-of.js";

const NO_FIELDS: HttpFields = [];

/** One request of a program of preview 1. Its calls wait for their answers. */
export class ModuleRequest {
  readonly #host: HostCalls;
  readonly #request: number;
  /** The call whose answer is the response's head; 0 once it was taken. */
  #opening: number;
  #response: HttpResponseHead | undefined;
  #isSending: boolean;
  #isAtEnd = false;
  trailers: HttpFields | undefined;
  /** The last refusal. */
  error = "";

  constructor(host: HostCalls, head: HttpRequestHead) {
    this.#host = host;
    this.#request = head.request;
    this.#isSending = head.more;
    this.#opening = host.send(HTTP_SERVICE, "request", head);
  }

  /** The response's head, once it is there. */
  response(): HttpResponseHead | Errno {
    if (this.#response !== undefined) return this.#response;
    if (this.#opening === 0) return -errnoOf(this.error);
    // The peer may wait for the body's end, which only the program can send.
    if (this.#isSending && !this.#host.has(this.#opening)) return -EBUSY;
    while (!this.#host.has(this.#opening)) this.#host.wait();
    const answer = this.#host.take(this.#opening);
    this.#opening = 0;
    const failed = this.#failed(answer);
    if (failed !== 0 || answer === undefined || !answer.ok) return -failed;
    this.#response = answer.head as HttpResponseHead;
    return this.#response;
  }

  write(chunk: Uint8Array): number {
    if (!this.#isSending) return EINVAL;
    return this.#failed(this.#host.call(HTTP_SERVICE, "write-body", this.#head(), chunk));
  }

  finish(trailers: HttpFields): number {
    if (!this.#isSending) return EINVAL;
    this.#isSending = false;
    const head = { ...this.#head(), trailers };
    return this.#failed(this.#host.call(HTTP_SERVICE, "finish-body", head));
  }

  /** No bytes: the end. */
  read(max: number): Uint8Array | Errno {
    const response = this.response();
    if (typeof response === "number") return response;
    if (this.#isAtEnd) return NOTHING;
    for (;;) {
      const answer = this.#host.call(HTTP_SERVICE, "read-body", { ...this.#head(), max });
      if (!answer.ok) return -this.#failed(answer);
      const { end, trailers } = answer.head as HttpBodyChunk;
      if (end) {
        this.#isAtEnd = true;
        this.trailers = trailers ?? NO_FIELDS;
      }
      if (end || answer.body.length > 0) return answer.body;
    }
  }

  close(): void {
    if (this.#opening !== 0) this.#host.forget(this.#opening);
    this.#host.call(HTTP_SERVICE, "cancel", this.#head());
  }

  #head() {
    return { request: this.#request };
  }

  #failed(answer: HostAnswer | undefined): number {
    if (answer === undefined || answer.ok) return 0;
    this.error = answer.code;
    return errnoOf(answer.code);
  }
}

const NOTHING = new Uint8Array(0);
