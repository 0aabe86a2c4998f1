import type { ErrorCode } from "@bytecodealliance/preview2-shim/interfaces/wasi-sockets-network";
import type { HostAnswer } from "../../host-calls.js";
import { WitError } from "../object-form.js";

const CODES: ReadonlySet<string> = new Set<ErrorCode>([
  "unknown",
  "access-denied",
  "not-supported",
  "invalid-argument",
  "out-of-memory",
  "timeout",
  "concurrency-conflict",
  "not-in-progress",
  "would-block",
  "invalid-state",
  "new-socket-limit",
  "address-not-bindable",
  "address-in-use",
  "remote-unreachable",
  "connection-refused",
  "connection-reset",
  "connection-aborted",
  "datagram-too-large",
  "name-unresolvable",
  "temporary-resolver-failure",
  "permanent-resolver-failure",
]);

/** Answers a call with an error. */
export function refuse(code: ErrorCode): never {
  throw new WitError(code);
}

/** A refusal of the app's side in the interface's words. */
export function errorCodeOf(code: string): ErrorCode {
  if (isErrorCode(code)) return code;
  return code === "too-many-requests" ? "new-socket-limit" : "unknown";
}

/** What the app's side has answered; a refusal is thrown. */
export function headOf(answer: HostAnswer): unknown {
  return answer.ok ? answer.head : refuse(errorCodeOf(answer.code));
}

function isErrorCode(code: string): code is ErrorCode {
  return CODES.has(code);
}
