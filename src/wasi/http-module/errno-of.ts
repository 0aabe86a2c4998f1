import type { HttpErrorCode } from "../../base/http-messages.js";
import {
  E2BIG,
  EACCES,
  ECONNREFUSED,
  ECONNRESET,
  EFBIG,
  EHOSTUNREACH,
  EINVAL,
  EIO,
  ELOOP,
  EMFILE,
  ENETUNREACH,
  EPROTO,
  ETIMEDOUT,
} from "../../fs/errno.js";

const ERRNOS: ReadonlyMap<string, number> = new Map<HttpErrorCode, number>([
  ["HTTP-request-denied", EACCES],
  ["destination-IP-prohibited", EACCES],
  ["DNS-error", EHOSTUNREACH],
  ["DNS-timeout", ETIMEDOUT],
  ["destination-not-found", EHOSTUNREACH],
  ["destination-unavailable", EHOSTUNREACH],
  ["destination-IP-unroutable", ENETUNREACH],
  ["connection-refused", ECONNREFUSED],
  ["connection-terminated", ECONNRESET],
  ["HTTP-response-incomplete", ECONNRESET],
  ["connection-timeout", ETIMEDOUT],
  ["connection-read-timeout", ETIMEDOUT],
  ["connection-write-timeout", ETIMEDOUT],
  ["HTTP-response-timeout", ETIMEDOUT],
  ["connection-limit-reached", EMFILE],
  ["HTTP-request-method-invalid", EINVAL],
  ["HTTP-request-URI-invalid", EINVAL],
  ["HTTP-request-URI-too-long", E2BIG],
  ["HTTP-request-header-section-size", E2BIG],
  ["HTTP-request-trailer-section-size", E2BIG],
  ["HTTP-request-body-size", EFBIG],
  ["HTTP-response-body-size", EFBIG],
  ["HTTP-response-header-section-size", EFBIG],
  ["HTTP-response-trailer-section-size", EFBIG],
  ["TLS-protocol-error", EPROTO],
  ["TLS-certificate-error", EPROTO],
  ["TLS-alert-received", EPROTO],
  ["HTTP-response-transfer-coding", EPROTO],
  ["HTTP-protocol-error", EPROTO],
  ["HTTP-upgrade-failed", EPROTO],
  ["loop-detected", ELOOP],
]);

/** What a program of preview 1 gets for a refusal of the service. */
export function errnoOf(code: string): number {
  return ERRNOS.get(code) ?? EIO;
}
