/** `wasi:http/types.error-code`. */
import type { ErrorCode } from "@bytecodealliance/preview2-shim/interfaces/wasi-http-types";
import type { HttpErrorCode } from "../../../base/http-messages.js";

/** In the order of the interface: a case's place is its number. */
const CODES = [
  "DNS-timeout",
  "DNS-error",
  "destination-not-found",
  "destination-unavailable",
  "destination-IP-prohibited",
  "destination-IP-unroutable",
  "connection-refused",
  "connection-terminated",
  "connection-timeout",
  "connection-read-timeout",
  "connection-write-timeout",
  "connection-limit-reached",
  "TLS-protocol-error",
  "TLS-certificate-error",
  "TLS-alert-received",
  "HTTP-request-denied",
  "HTTP-request-length-required",
  "HTTP-request-body-size",
  "HTTP-request-method-invalid",
  "HTTP-request-URI-invalid",
  "HTTP-request-URI-too-long",
  "HTTP-request-header-section-size",
  "HTTP-request-header-size",
  "HTTP-request-trailer-section-size",
  "HTTP-request-trailer-size",
  "HTTP-response-incomplete",
  "HTTP-response-header-section-size",
  "HTTP-response-header-size",
  "HTTP-response-body-size",
  "HTTP-response-trailer-section-size",
  "HTTP-response-trailer-size",
  "HTTP-response-transfer-coding",
  "HTTP-response-content-coding",
  "HTTP-response-timeout",
  "HTTP-upgrade-failed",
  "HTTP-protocol-error",
  "loop-detected",
  "configuration-error",
  "internal-error",
] as const satisfies readonly HttpErrorCode[];

/** Cases whose payload is a record; what the host does not say of it is `none`. */
const RECORDS: ReadonlySet<string> = new Set([
  "DNS-error",
  "TLS-alert-received",
  "HTTP-request-trailer-size",
  "HTTP-response-header-size",
  "HTTP-response-trailer-size",
]);

/** Errors of streams that are of HTTP, as `-errno`: beyond all errno numbers and the mark of a closed one. */
const FIRST = 0x2_0000;
/** More than there are cases: above the case's number is the size that goes with it, plus 1. */
const ROOM = 64;

/** The number of a case; that of `internal-error` for a name that is none. */
export function errorNumber(code: string): number {
  const index = CODES.findIndex((each) => each === code);
  return index === -1 ? CODES.length - 1 : index;
}

/** Undefined for a number that is none. */
export function errorName(number: number): HttpErrorCode | undefined {
  return CODES[number];
}

/** What a stream answers when it fails so; `size`: of a body, for the cases that tell it. */
export function streamProblem(code: string, size?: number): number {
  return -(FIRST + errorNumber(code) + (size === undefined ? 0 : (size + 1) * ROOM));
}

/** The name of the case that an error of a stream stands for; undefined if it is none of HTTP. */
export function problemName(errno: number | undefined): HttpErrorCode | undefined {
  return errno === undefined || errno < FIRST ? undefined : CODES[(errno - FIRST) % ROOM];
}

/** The same with its payload, as jco has it. */
export function problemValue(errno: number | undefined): ErrorCode | undefined {
  const name = problemName(errno);
  if (errno === undefined || name === undefined) return undefined;
  const size = Math.floor((errno - FIRST) / ROOM) - 1;
  return errorValue(name, size < 0 ? undefined : BigInt(size));
}

/** As jco has it. */
export function errorValue(code: string, payload?: unknown): ErrorCode {
  const tag = CODES[errorNumber(code)] ?? "internal-error";
  const val = payload === undefined && RECORDS.has(tag) ? {} : payload;
  return { tag, val } as ErrorCode;
}
