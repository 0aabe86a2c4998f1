/**
 * What a guest's worker and the app say to each other about requests that come in: the service `"incoming"` of
 * `HostService` and `HostCalls`. The worker asks for each request, and answers it, each line a call:
 *
 * ```
 * next         undefined             → IncomingHead, or undefined when there are no more
 * read-body    HttpReadBody          → HttpBodyChunk + bytes
 * response     ResponseHead + bytes  → {}
 * write-body   HttpRequestOf + bytes → {}, when the client has taken them (back-pressure)
 * finish-body  HttpTrailersOf        → {}
 * cancel       FailureHead           → {}; the answer ends here, and is not complete
 * fail         FailureHead           → {}; an error in place of an answer
 * over         HttpRequestOf         → {}; the handler has returned
 * ```
 *
 * What goes wrong is a `HostRefusal` whose code is an `HttpErrorCode`.
 */
import type { HttpFields } from "./http-messages.js";

/** The service's name among a process's services. */
export const INCOMING_SERVICE = "incoming";

/** Answer of `next`. */
export interface IncomingHead {
  /** A positive integer, another for each request of the process. */
  readonly request: number;
  readonly method: string;
  readonly scheme: "http" | "https";
  readonly authority: string;
  readonly path: string;
  readonly headers: HttpFields;
  readonly hasBody: boolean;
  /** No other follows: the process ends after it. */
  readonly last: boolean;
}

/** Head of `response`, beside the first bytes of its body. */
export interface ResponseHead {
  readonly request: number;
  readonly status: number;
  readonly headers: HttpFields;
  /** More of the body follows, up to `finish-body`; else the bytes of this call are all of it. */
  readonly more: boolean;
}

/** Head of `fail`. */
export interface FailureHead {
  readonly request: number;
  /** An `HttpErrorCode`; undefined: the guest has let go of its chance to answer. */
  readonly code: string | undefined;
}
