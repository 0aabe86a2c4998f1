/**
 * What a guest's worker and the app say to each other about requests that go out: the service `"http"` of
 * `HostService` and `HostCalls`. One request goes like this, each line a call of the service:
 *
 * ```
 * request      HttpRequestHead + first bytes   → HttpResponseHead, when the peer's headers have come
 * write-body   HttpRequestOf   + bytes         → {}, when more are welcome (back-pressure)
 * finish-body  HttpTrailersOf                  → {}, when all is handed on
 * read-body    HttpReadBody                    → HttpBodyChunk + bytes
 * cancel       HttpRequestOf, code             → {}; the request is gone, whatever it was at
 * ```
 *
 * The worker chooses the numbers, so `write-body` may be sent before `request` is answered. A number is free
 * again after `cancel`, after a refused `request`, and when the end of both bodies was told. What goes wrong is a
 * `HostRefusal` whose code is an {@link HttpErrorCode}, at the call that meets it and at all later ones.
 */

/** The service's name among a process's services. */
export const HTTP_SERVICE = "http";

/** Names in lower case; a value has one character for each byte (Latin-1). Repeated names are repeated. */
export type HttpFields = readonly (readonly [name: string, value: string])[];

/** Head of `request`. */
export interface HttpRequestHead {
  /** A positive integer that no other open request of the process has. */
  readonly request: number;
  /** As it is sent: `GET`, `PATCH`, or any token. */
  readonly method: string;
  readonly scheme: string;
  /** Host and port, as in `api.example.com:8443`. */
  readonly authority: string;
  /** Begins with `/` or `?`; `""` is `/`. */
  readonly pathWithQuery: string;
  readonly headers: HttpFields;
  /** `write-body` and `finish-body` follow; else the bytes of this call are the whole body. */
  readonly more: boolean;
  /** Time for a connection, until the response's headers, and between two chunks, in ms. Default: the grant's. */
  readonly connectTimeoutMs?: number;
  readonly firstByteTimeoutMs?: number;
  readonly betweenBytesTimeoutMs?: number;
}

/** Answer of `request`. */
export interface HttpResponseHead {
  readonly status: number;
  readonly headers: HttpFields;
}

/** Head of `write-body`. */
export interface HttpRequestOf {
  readonly request: number;
}

/** Head of `finish-body`. */
export interface HttpTrailersOf {
  readonly request: number;
  readonly trailers?: HttpFields;
}

/** Head of `read-body`. */
export interface HttpReadBody {
  readonly request: number;
  /** Bytes wanted at most; the answer comes with the first that are there, or with the end. */
  readonly max: number;
}

/** Answer of `read-body`, beside the bytes. */
export interface HttpBodyChunk {
  /** Nothing follows; `trailers` are complete. */
  readonly end: boolean;
  readonly trailers?: HttpFields;
}

/**
 * Names of the cases of `error-code` in `wasi:http/types@0.2`. `data` of a refusal is the payload of its case, in jco's
 * mapping (`DNS-error` has `{ rcode }`, `HTTP-response-header-size` `{ fieldName, fieldSize }`, sizes are numbers or
 * bigints as the interface has them, `internal-error` a text); undefined for a case or an option without one.
 */
export type HttpErrorCode =
  | "DNS-timeout"
  | "DNS-error"
  | "destination-not-found"
  | "destination-unavailable"
  | "destination-IP-prohibited"
  | "destination-IP-unroutable"
  | "connection-refused"
  | "connection-terminated"
  | "connection-timeout"
  | "connection-read-timeout"
  | "connection-write-timeout"
  | "connection-limit-reached"
  | "TLS-protocol-error"
  | "TLS-certificate-error"
  | "TLS-alert-received"
  | "HTTP-request-denied"
  | "HTTP-request-length-required"
  | "HTTP-request-body-size"
  | "HTTP-request-method-invalid"
  | "HTTP-request-URI-invalid"
  | "HTTP-request-URI-too-long"
  | "HTTP-request-header-section-size"
  | "HTTP-request-header-size"
  | "HTTP-request-trailer-section-size"
  | "HTTP-request-trailer-size"
  | "HTTP-response-incomplete"
  | "HTTP-response-header-section-size"
  | "HTTP-response-header-size"
  | "HTTP-response-body-size"
  | "HTTP-response-trailer-section-size"
  | "HTTP-response-trailer-size"
  | "HTTP-response-transfer-coding"
  | "HTTP-response-content-coding"
  | "HTTP-response-timeout"
  | "HTTP-upgrade-failed"
  | "HTTP-protocol-error"
  | "loop-detected"
  | "configuration-error"
  | "internal-error";
