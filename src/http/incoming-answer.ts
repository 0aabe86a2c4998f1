import { HostRefusal, type HostReply } from "../base/host-service.js";
import type {
  HttpBodyChunk,
  HttpFields,
  HttpReadBody,
  HttpTrailersOf,
} from "../base/http-messages.js";
import type { FailureHead, IncomingHead, ResponseHead } from "../base/incoming-messages.js";
import { checkedResponse, hasNoBody } from "./checked-response.js";
import type { ByteSource, IncomingRequest, OutgoingResponse } from "./incoming-exchange.js";
import { passingTrailers } from "./header-fields.js";
import { invalidResponse } from "./http-failure.js";
import { withParams } from "./route-params.js";

/** Bytes of an answer that wait for their reader; beyond them, the guest does. */
const MAX_WAITING_BYTES = 64 * 1024;
/** Bytes of a body that nobody can read, as that of an answer to HEAD: a guest that writes more is ended. */
const MAX_DISCARDED_BYTES = 1024 * 1024;
const NOTHING: HostReply = Object.freeze({});

/** What an answer needs of whoever asks for it. */
export interface AnswerParts {
  /** Nobody wants more of the answer: its guest is to end. */
  abandon(): void;
  /** The app is kept alive from `hold` to `unhold`: somebody waits for the guest. */
  hold(): void;
  unhold(): void;
}

/** The app's side of one request that a component answers: its body to the guest, the answer from it. */
export class IncomingAnswer {
  readonly response: Promise<OutgoingResponse>;
  readonly #request: IncomingRequest;
  #resolve: (response: OutgoingResponse) => void = () => undefined;
  #reject: (reason: unknown) => void = () => undefined;
  readonly #parts: AnswerParts;
  readonly #chunks: Uint8Array[] = [];
  #waitingBytes = 0;
  /** The guest's writes that wait for room. */
  #writers: (() => void)[] = [];
  /** The client's read that waits for bytes. */
  #reader: (() => void) | undefined;
  /** "discarding": there is no body, whatever the guest writes. */
  #state: "asked" | "answering" | "discarding" | "complete" | "failed" = "asked";
  #discardedBytes = 0;
  #failure: unknown;
  #whenOver: (() => void) | undefined;
  #trailers: HttpFields = [];
  /** Of the request's body: what a read has brought beyond what was asked for. */
  #rest: Uint8Array | undefined;

  constructor(request: IncomingRequest, parts: AnswerParts) {
    this.#request = request;
    this.#parts = parts;
    parts.hold();
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const settled = (): void => parts.unhold();
    // Whoever waits for it is told; a guest may fail before.
    this.response.then(settled, settled);
  }

  /** Calls once when nothing more is to come, and nobody wants more. */
  whenOver(call: () => void): void {
    if (this.over) call();
    else this.#whenOver = call;
  }

  /** Whether nothing more is to come. */
  get over(): boolean {
    return this.#state === "complete" || this.#state === "failed";
  }

  head(request: number, last: boolean): IncomingHead {
    const { method, scheme, authority, path, headers, body, route } = this.#request;
    return {
      request,
      method,
      scheme,
      authority,
      path,
      headers: withParams(headers, route?.params ?? new Map()),
      hasBody: body !== undefined,
      last,
    };
  }

  async readBody({ max }: HttpReadBody): Promise<HostReply> {
    const { body } = this.#request;
    if (body === undefined) return END_OF_BODY;
    let chunk = this.#rest;
    this.#rest = undefined;
    try {
      chunk ??= await body.read();
    } catch (error) {
      this.#giveUp(error);
      throw new HostRefusal("connection-terminated");
    }
    if (chunk === undefined) {
      const trailers = body.trailers?.() ?? [];
      const head: HttpBodyChunk = trailers.length === 0 ? { end: true } : { end: true, trailers };
      return { head };
    }
    const count = Math.max(1, Math.min(chunk.length, max));
    if (count < chunk.length) this.#rest = chunk.subarray(count);
    return { head: GOES_ON, body: chunk.subarray(0, count) };
  }

  respond({ status, headers, more }: ResponseHead, first: Uint8Array): HostReply {
    if (this.#state !== "asked") return NOTHING;
    const { method } = this.#request;
    const bare = hasNoBody(method, status);
    this.#state = bare ? "discarding" : "answering";
    try {
      const fields = headers.map(([name, value]) => [name.toLowerCase(), value] as const);
      this.#resolve(checkedResponse(method, status, fields, bare ? undefined : this.#source()));
    } catch (error) {
      this.#giveUp(error);
      return NOTHING;
    }
    if (first.length > 0 && !bare) this.#push(first);
    if (!more) this.#end("complete");
    return NOTHING;
  }

  write(bytes: Uint8Array): HostReply | Promise<HostReply> {
    if (this.#state === "discarding") {
      this.#discardedBytes += bytes.length;
      if (this.#discardedBytes > MAX_DISCARDED_BYTES) this.#giveUp(undefined);
    }
    // A guest may go on writing where there is no reader any more.
    if (this.#state !== "answering") return NOTHING;
    if (bytes.length > 0) this.#push(bytes);
    if (this.#waitingBytes <= MAX_WAITING_BYTES) return NOTHING;
    return new Promise((resolve) => this.#writers.push(() => resolve(NOTHING)));
  }

  finish({ trailers = [] }: HttpTrailersOf): HostReply {
    if (this.#state === "discarding") this.#end("complete");
    if (this.#state === "answering") {
      this.#end("complete");
      this.#trailers = passingTrailers(
        trailers.map(([name, value]) => [name.toLowerCase(), value] as const),
      );
      this.#wake();
    }
    return NOTHING;
  }

  /** The guest has ended its answer with a failure of its own. */
  failed({ code }: FailureHead): HostReply {
    if (this.over) return NOTHING;
    const why =
      code === undefined ? "the handler has not answered" : `the handler has failed: ${code}`;
    this.fail(invalidResponse(why));
    return NOTHING;
  }

  /** The guest has let go of its answer's body before the end. */
  dropped({ code }: FailureHead): HostReply {
    if (this.over) return NOTHING;
    const why =
      code === undefined
        ? "its body was dropped before its end"
        : `its body is not what its head declares: ${code}`;
    this.fail(invalidResponse(why));
    return NOTHING;
  }

  /** Nothing more comes, for this reason; nothing happens to an answer that is complete. */
  fail(reason: unknown): void {
    if (this.over) return;
    this.#failure = reason;
    this.#end("failed");
    this.#chunks.length = 0;
    this.#reject(reason);
    this.#wake();
    this.#release();
  }

  /** As `fail`, and its guest is to end: what it goes on with is of no use. */
  #giveUp(reason: unknown): void {
    if (this.over) return;
    this.fail(reason);
    this.#parts.abandon();
  }

  /** Nobody reads the request's body any more. */
  leaveBody(): void {
    this.#request.body?.cancel();
  }

  #end(state: "complete" | "failed"): void {
    this.#state = state;
    const call = this.#whenOver;
    this.#whenOver = undefined;
    call?.();
  }

  #push(bytes: Uint8Array): void {
    this.#chunks.push(bytes);
    this.#waitingBytes += bytes.length;
    this.#wake();
  }

  #wake(): void {
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.();
  }

  #release(): void {
    const writers = this.#writers;
    this.#writers = [];
    for (const writer of writers) writer();
  }

  #source(): ByteSource {
    return {
      read: async () => {
        for (;;) {
          if (this.#state === "failed") throw this.#failure;
          const chunk = this.#chunks.shift();
          if (chunk !== undefined) {
            this.#waitingBytes -= chunk.length;
            if (this.#waitingBytes <= MAX_WAITING_BYTES) this.#release();
            return chunk;
          }
          if (this.#state === "complete") return undefined;
          this.#parts.hold();
          await new Promise<void>((resolve) => {
            this.#reader = resolve;
          });
          this.#parts.unhold();
        }
      },
      cancel: () => {
        const wasOver = this.over;
        // What is still written of it is taken and dropped.
        this.#end("complete");
        this.#chunks.length = 0;
        this.#waitingBytes = 0;
        this.#release();
        this.#wake();
        if (!wasOver) this.#parts.abandon();
      },
      trailers: () => this.#trailers,
    };
  }
}

const GOES_ON: HttpBodyChunk = Object.freeze({ end: false });
const END_OF_BODY: HostReply = Object.freeze({ head: Object.freeze({ end: true }) });
