import { HTTP_SERVICE, type HttpBodyChunk, type HttpFields } from "../../../base/http-messages.js";
import { Input } from "../io/input.js";
import { CLOSED } from "../io/stream-error.js";
import { type Waitable, WAITS_FOR_HOST } from "../io/waitable.js";
import type { Process } from "../process.js";
import { streamProblem } from "./error-code.js";

/** Bytes asked for at once: what a guest reads into, and what lies ready for it while it works. */
const CHUNK_BYTES = 64 * 1024;

const NOTHING = new Uint8Array(0);

/**
 * A body on its way from the app, one chunk ahead of the guest. It is the guest's stream, and goes on without
 * it: the trailers come after what nobody has read.
 */
export class IncomingBytes {
  readonly #service: string;
  readonly #request: number;
  /** The read that was sent; 0: none. */
  #asked = 0;
  #chunk: Uint8Array = NOTHING;
  #at = 0;
  /** 0: it goes on; CLOSED, or what went wrong as a stream has it. */
  #over = 0;
  #code: string | undefined;
  #payload: unknown;
  trailers: HttpFields = [];
  /** Nobody wants it any more. */
  #left = false;

  /** `has`: false if it is known that there is none. */
  constructor(service: string, request: number, has: boolean) {
    this.#service = service;
    this.#request = request;
    if (!has) this.#over = CLOSED;
  }

  /** Why it failed; undefined if it has not. */
  get failure(): { readonly code: string; readonly payload: unknown } | undefined {
    return this.#code === undefined ? undefined : { code: this.#code, payload: this.#payload };
  }

  /** Bytes at hand; 0: none yet; CLOSED, or what went wrong. */
  available({ context: { host } }: Process): number {
    if (this.#at < this.#chunk.length) return this.#chunk.length - this.#at;
    while (this.#over === 0) {
      if (this.#asked === 0) this.#ask(host);
      const answer = host.take(this.#asked);
      if (answer === undefined) return 0;
      this.#asked = 0;
      if (!answer.ok) {
        this.#code = answer.code;
        this.#payload = answer.data;
        this.#over = streamProblem(answer.code);
        break;
      }
      const { end, trailers } = answer.head as HttpBodyChunk;
      if (end) {
        this.#over = CLOSED;
        this.trailers = trailers ?? [];
      }
      this.#chunk = answer.body;
      this.#at = 0;
      if (this.#chunk.length === 0) continue;
      if (!end) this.#ask(host);
      return this.#chunk.length;
    }
    return this.#over;
  }

  /** Whether a look at it would tell something new. */
  ready(process: Process): boolean {
    if (this.#at < this.#chunk.length || this.#over !== 0) return true;
    if (this.#asked === 0) this.#ask(process.context.host);
    return process.context.host.has(this.#asked);
  }

  take(dst: Uint8Array, at: number, count: number): number {
    const taken = Math.min(count, this.#chunk.length - this.#at);
    dst.set(this.#chunk.subarray(this.#at, this.#at + taken), at);
    this.#at += taken;
    return taken;
  }

  /** Throws away what has come; true once the end, or a failure, is reached. */
  skipToEnd(process: Process): boolean {
    for (;;) {
      const count = this.available(process);
      if (count <= 0) return count !== 0;
      this.#at = this.#chunk.length;
    }
  }

  /** Nobody will read on. */
  leave(process: Process): void {
    if (this.#left || process.over) return;
    this.#left = true;
    const { host } = process.context;
    // The end may have come unseen.
    if (this.#asked !== 0) this.available(process);
    if (this.#asked !== 0) host.forget(this.#asked);
    this.#asked = 0;
    if (this.#over !== 0) return;
    this.#over = CLOSED;
    // What a peer goes on sending is for nobody.
    if (this.#service === HTTP_SERVICE) {
      host.post(HTTP_SERVICE, "cancel", { request: this.#request });
    }
  }

  #ask(host: Process["context"]["host"]): void {
    this.#asked = host.send(this.#service, "read-body", {
      request: this.#request,
      max: CHUNK_BYTES,
    });
  }
}

/** A guest's stream over a body. */
export class BodyInput extends Input {
  readonly waitable: Waitable;
  readonly #bytes: IncomingBytes;
  /** The guest knows what went wrong: from there on the stream is closed. */
  #told = false;

  constructor(bytes: IncomingBytes) {
    super();
    this.#bytes = bytes;
    this.waitable = waitableOf(bytes);
  }

  prepare(process: Process, length: number): number {
    const count = this.#bytes.available(process);
    if (count >= 0) return Math.min(count, length);
    const told = this.#told;
    this.#told = true;
    return told ? CLOSED : count;
  }

  take(_process: Process, dst: Uint8Array, at: number, count: number): number {
    return this.#bytes.take(dst, at, count);
  }
}

export function waitableOf(bytes: IncomingBytes): Waitable {
  return { waits: WAITS_FOR_HOST, ready: (process) => bytes.ready(process) };
}
