import type { HostReply, HostService } from "../base/host-service.js";
import { END, OP_NEXT } from "../guest/call-message.js";

/** One call on its way to a process. */
export interface QueuedCall {
  /** For messages: the function. */
  readonly label: string;
  /** A `CallMessage`, serialised. */
  readonly message: Uint8Array;
  /** Whether it is about resources of one instance, and can go to no other. */
  readonly isBound: boolean;
  /** A `CallOutcome`, serialised. */
  readonly done: (outcome: Uint8Array) => void;
  /** It will have no outcome. */
  readonly failed: (error: unknown) => void;
}

const FINISH: HostReply = { head: END };

/** The service that a process asks for its next call, and gives the outcome of the last. */
export class CallQueue implements HostService {
  readonly needsNoSignal = true;
  readonly #waiting: QueuedCall[];
  readonly #over: () => void;
  /** What the process waits with. */
  #give: ((reply: HostReply) => void) | undefined;
  #current: QueuedCall | undefined;
  #begun = false;
  #ended = false;
  #finishing = false;

  /** `over`: the process has ended. */
  constructor(waiting: readonly QueuedCall[], over: () => void) {
    this.#waiting = [...waiting];
    this.#over = over;
  }

  get length(): number {
    return this.#waiting.length + (this.#current === undefined ? 0 : 1);
  }

  /** Nothing runs in it, and nothing waits. */
  get isIdle(): boolean {
    return this.length === 0;
  }

  /** Whether the process has come as far as to ask for a call. */
  get hasBegun(): boolean {
    return this.#begun;
  }

  get isOver(): boolean {
    return this.#ended;
  }

  add(call: QueuedCall): void {
    this.#waiting.push(call);
    this.#next();
  }

  /** Asks the process to end when it has nothing to do. */
  finish(): void {
    this.#finishing = true;
    this.#next();
  }

  /** What is left when the process is over: the call that it was busy with, and those that have not begun. */
  takeLeft(): { readonly current: QueuedCall | undefined; readonly waiting: QueuedCall[] } {
    const left = { current: this.#current, waiting: this.#waiting.splice(0) };
    this.#current = undefined;
    return left;
  }

  call(op: string, _head: unknown, body: Uint8Array): Promise<HostReply> {
    this.#begun = true;
    const done = this.#current;
    this.#current = undefined;
    if (op === OP_NEXT) done?.done(body);
    return new Promise((resolve) => {
      this.#give = resolve;
      this.#next();
    });
  }

  end(): void {
    this.#ended = true;
    this.#give = undefined;
    this.#over();
  }

  #next(): void {
    const give = this.#give;
    if (give === undefined) return;
    const call = this.#waiting.shift();
    if (call === undefined && !this.#finishing) return;
    this.#give = undefined;
    this.#current = call;
    give(call === undefined ? FINISH : { body: call.message, isGiven: true });
  }
}
