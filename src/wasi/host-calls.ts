/**
 * The worker's side of `HostService` (src/base/host-service.ts): requests to the app's thread, which are
 * answered later. The kernel does not know who answers.
 */

/** An answer, or a refusal in words of the service's interface. */
export type HostAnswer =
  | { readonly ok: true; readonly head: unknown; readonly body: Uint8Array }
  | { readonly ok: false; readonly code: string; readonly data: unknown };

export interface HostCalls {
  /** Whether the process has a service of that name. */
  offers(service: string): boolean;
  /**
   * Sends a request and returns its number, which is never 0. `isGiven`: the body's memory is nobody else's, nor
   * are there other bytes in it; it is handed on in place of a copy.
   */
  send(service: string, op: string, head: unknown, body?: Uint8Array, isGiven?: boolean): number;
  /**
   * Tells something that has no answer. It may lie until the process asks or waits for something, or for a
   * millisecond: what follows is often told with it.
   */
  post(service: string, op: string, head: unknown, body?: Uint8Array): void;
  /** Whether the answer has come. */
  has(id: number): boolean;
  /** The answer, once; undefined while it has not come. */
  take(id: number): HostAnswer | undefined;
  /** Waits until something may have changed (an answer, stdin), at most `timeoutMs`; forever without. */
  wait(timeoutMs?: number): void;
  /** Sends, and waits for the answer. */
  call(service: string, op: string, head: unknown, body?: Uint8Array): HostAnswer;
  /** Nobody wants that answer any more: the service's signal aborts. */
  forget(id: number): void;
  /** Nobody looks at that answer any more; what was asked is done. */
  ignore(id: number): void;
  /** Another instance of the same program begins: nobody waits for answers any more. */
  renew(): void;
}

const NO_ANSWER: HostAnswer = { ok: false, code: "unavailable", data: undefined };

/** Of a process without services. */
export const NO_HOST_CALLS: HostCalls = {
  offers: () => false,
  send: () => 1,
  post: () => undefined,
  has: () => true,
  take: () => NO_ANSWER,
  wait: () => undefined,
  call: () => NO_ANSWER,
  forget: () => undefined,
  ignore: () => undefined,
  renew: () => undefined,
};
