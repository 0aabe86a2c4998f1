import { HTTP_SERVICE, type HttpFields } from "../../../base/http-messages.js";
import { Output } from "../io/output.js";
import { CLOSED } from "../io/stream-error.js";
import { type Waitable, WAITS_FOR_HOST } from "../io/waitable.js";
import type { Process } from "../process.js";
import { streamProblem } from "./error-code.js";

/** Bytes on their way to the app that it has not accepted: what a guest writes ahead of a slow reader. */
const WINDOW_BYTES = 256 * 1024;
/** Bytes that a guest may write before it has said where they go: programs that send what they have in one go. */
const HELD_BYTES = 1024 * 1024;
/** The same of all bodies of a process. */
const ALL_HELD_BYTES = 8 * 1024 * 1024;
/** Messages that it has not accepted: those of a guest that writes byte by byte. */
const MAX_SENT = 64;
/** Of a target that need not accept each message: bytes after which it is asked to, and messages. */
const ASK_AFTER_BYTES = 16 * 1024;
const ASK_AFTER_MESSAGES = 16;
/** One message to the app. */
const MESSAGE_BYTES = 64 * 1024;

/** Where a body goes once its request or response is sent. */
export interface BodyTarget {
  readonly service: string;
  readonly request: number;
  /**
   * The app takes what is sent without a refusal, and answers a message when it has room for more: one in a
   * while is enough.
   */
  readonly tellsAhead?: boolean;
}

export type LengthError = "HTTP-request-body-size" | "HTTP-response-body-size";

/** How a body ends: whole, or not, for this reason if there is one. */
type BodyEnd = { readonly trailers: HttpFields } | { readonly code: string | undefined };

/** A body on its way to the app. What is written before its head is sent is held back. */
export class OutgoingBytes {
  readonly #length: number | undefined;
  #target: BodyTarget | undefined;
  readonly #held: Uint8Array[] = [];
  /** Bytes held, or sent and not yet accepted. */
  #outstanding = 0;
  /** Messages that were not yet accepted, oldest first: their numbers and bytes. */
  readonly #sent: (readonly [id: number, bytes: number])[] = [];
  /** Told without a question since the last that was asked. */
  #toldBytes = 0;
  #toldMessages = 0;
  /** What the guest has written, or has tried to. */
  #written = 0;
  #problem = 0;
  #end: BodyEnd | undefined;
  /** What a body is that is not as long as declared. */
  readonly lengthError: LengthError;

  /** `length`: what the head declares. */
  constructor(length: number | undefined, lengthError: LengthError) {
    this.#length = length;
    this.lengthError = lengthError;
  }

  get written(): number {
    return this.#written;
  }

  get sending(): boolean {
    return this.#target !== undefined;
  }

  /** The head is sent: from here on bytes go where it went. */
  attach(target: BodyTarget, process: Process): void {
    const held = this.#letGo(process);
    this.#target = target;
    for (const bytes of held) this.#send(process, bytes);
    if (this.#end !== undefined) this.#sendEnd(process, this.#end);
  }

  /** What is held at the time when the head is sent goes with it. */
  takeHeld(process: Process): Uint8Array {
    const [only, ...more] = this.#letGo(process);
    if (only === undefined) return new Uint8Array(0);
    return more.length === 0 ? only : Buffer.concat([only, ...more]);
  }

  room(process: Process): number {
    if (this.#problem !== 0) return this.#problem;
    if (this.#target === undefined) {
      return Math.min(HELD_BYTES - this.#outstanding, ALL_HELD_BYTES - process.heldBytes);
    }
    this.#settle(process);
    if (this.#problem !== 0) return this.#problem;
    return this.#sent.length < MAX_SENT ? Math.max(0, WINDOW_BYTES - this.#outstanding) : 0;
  }

  ready(process: Process): boolean {
    if (this.room(process) !== 0) return true;
    const [oldest] = this.#sent;
    return oldest !== undefined && process.context.host.has(oldest[0]);
  }

  /** Fails for good where more than was declared would be written. */
  write(process: Process, src: Uint8Array, at: number, length: number): number {
    if (this.#problem !== 0) return this.#problem;
    this.#written += length;
    if (this.#length !== undefined && this.#written > this.#length) {
      return (this.#problem = streamProblem(this.lengthError, this.#written));
    }
    for (let done = 0; done < length; done += MESSAGE_BYTES) {
      const count = Math.min(MESSAGE_BYTES, length - done);
      const bytes = src.subarray(at + done, at + done + count);
      if (this.#target === undefined) {
        this.#held.push(bytes.slice());
        this.#outstanding += count;
        process.heldBytes += count;
      } else this.#send(process, bytes);
    }
    return 0;
  }

  /** The body is complete. False: it is not as long as declared, and its reader is told so. */
  finish(process: Process, trailers: HttpFields): boolean {
    const whole = this.#length === undefined || this.#length === this.#written;
    this.#over(process, whole ? { trailers } : { code: this.lengthError });
    return whole;
  }

  /** The guest has let go of it before its end. */
  drop(process: Process): void {
    this.#over(process, { code: undefined });
  }

  /** What it was made for is gone unsent. */
  abandon(process: Process): void {
    if (this.#target !== undefined || process.over) return;
    this.#letGo(process);
    if (this.#problem === 0) this.#problem = CLOSED;
  }

  #letGo(process: Process): Uint8Array[] {
    process.heldBytes -= this.#outstanding;
    this.#outstanding = 0;
    return this.#held.splice(0);
  }

  #over(process: Process, end: BodyEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    if (this.#problem === 0) this.#problem = CLOSED;
    if (this.#target !== undefined) this.#sendEnd(process, end);
  }

  #send(process: Process, bytes: Uint8Array): void {
    if (this.#target === undefined || bytes.length === 0) return;
    const { service, request, tellsAhead } = this.#target;
    const { host } = process.context;
    const told = this.#toldBytes + bytes.length;
    const mayTell = tellsAhead === true && told <= ASK_AFTER_BYTES;
    if (mayTell && ++this.#toldMessages < ASK_AFTER_MESSAGES) {
      host.post(service, "write-body", { request }, bytes);
      this.#toldBytes = told;
    } else {
      this.#sent.push([host.send(service, "write-body", { request }, bytes), told]);
      this.#toldBytes = 0;
      this.#toldMessages = 0;
    }
    this.#outstanding += bytes.length;
  }

  #sendEnd(process: Process, end: BodyEnd): void {
    if (this.#target === undefined) return;
    const { service, request } = this.#target;
    const { host } = process.context;
    if ("code" in end) {
      const code = service === HTTP_SERVICE ? (end.code ?? "HTTP-protocol-error") : end.code;
      host.post(service, "cancel", { request, code });
    } else {
      const head = end.trailers.length === 0 ? { request } : { request, ...end };
      host.post(service, "finish-body", head);
    }
    // Nobody looks at the answers any more.
    for (const [id] of this.#sent.splice(0)) host.ignore(id);
  }

  /** Takes the answers that have come, in order. */
  #settle(process: Process): void {
    for (let next = this.#sent[0]; next !== undefined; next = this.#sent[0]) {
      const [id, bytes] = next;
      const answer = process.context.host.take(id);
      if (answer === undefined) return;
      this.#sent.shift();
      this.#outstanding -= bytes;
      if (!answer.ok && this.#problem === 0) this.#problem = streamProblem(answer.code);
    }
  }
}

/** A guest's stream over a body. */
export class BodyOutput extends Output {
  readonly waitable: Waitable;
  readonly #bytes: OutgoingBytes;
  /** The guest knows what went wrong: from there on the stream is closed. */
  #told = false;

  constructor(bytes: OutgoingBytes) {
    super();
    this.#bytes = bytes;
    this.waitable = {
      waits: WAITS_FOR_HOST,
      ready: (process) => bytes.ready(process),
    };
  }

  room(process: Process): number {
    return this.#tell(this.#bytes.room(process));
  }

  /** A guest that waits for room before it has said where the body goes would wait for ever. */
  override awaitRoom(process: Process): number {
    if (!this.#bytes.sending && this.#bytes.room(process) === 0) {
      process.trap("it waits for a body's reader before the head is sent");
    }
    return super.awaitRoom(process);
  }

  write(process: Process, src: Uint8Array, at: number, length: number): number {
    return this.#tell(this.#bytes.write(process, src, at, length));
  }

  #tell(answer: number): number {
    if (answer >= 0) return answer;
    const told = this.#told;
    this.#told = true;
    return told ? CLOSED : answer;
  }

  /** Sent is gone: the app takes it when it takes it, and room says how far it is. */
  override drain(): number {
    return 0;
  }
}
