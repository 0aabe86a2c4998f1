/**
 * What a guest may ask of the app's thread, whatever it is: HTTP, sockets, stores, functions of the app,
 * and also what comes in (calls of its exports, HTTP requests), which its worker asks for.
 */

/** What a service answers. */
export interface HostReply {
  /** Anything that `v8.serialize` takes, as small as can be. */
  readonly head?: unknown;
  readonly body?: Uint8Array;
  /** The body's memory is nobody else's, nor are there other bytes in it: it is handed on in place of a copy. */
  readonly isGiven?: boolean;
}

/** The app's side of one service, for one process. */
export interface HostService {
  /**
   * Answers one request, or takes what a process tells and wants no answer to. Throw a {@link HostRefusal} for what the guest is to be told; anything else
   * that is thrown ends the guest.
   *
   * @param head - as the worker has sent it
   * @param signal - aborts when the process is over or does not want the answer any more
   */
  call(
    op: string,
    head: unknown,
    body: Uint8Array,
    signal: AbortSignal,
  ): HostReply | Promise<HostReply>;
  /** Its calls are over soon and never look at their signal: they are given one that does not abort. */
  readonly needsNoSignal?: true;
  /** Others wait for a worker: whether this process ends soon, as it has nothing to do. */
  crowded?(): boolean;
  /** The process is over: let go of all that was opened for it. */
  end?(): void;
}

/** By name. */
export type HostServices = ReadonlyMap<string, HostService>;

/** A refusal in words of the service's own interface, such as `"connection-refused"`. */
export class HostRefusal extends Error {
  readonly code: string;
  /** Anything that `v8.serialize` takes. */
  readonly data: unknown;

  constructor(code: string, data?: unknown) {
    super(code);
    this.name = "HostRefusal";
    this.code = code;
    this.data = data;
  }
}
