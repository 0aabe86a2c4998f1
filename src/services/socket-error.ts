import { HostRefusal } from "../base/host-service.js";

/** By Node's code, the word of `wasi:sockets/network` `error-code`. */
const CODES: ReadonlyMap<string, string> = new Map([
  ["EACCES", "access-denied"],
  ["EPERM", "access-denied"],
  ["EADDRINUSE", "address-in-use"],
  ["EADDRNOTAVAIL", "address-not-bindable"],
  ["EAFNOSUPPORT", "invalid-argument"],
  ["EINVAL", "invalid-argument"],
  ["ECONNABORTED", "connection-aborted"],
  ["ECONNREFUSED", "connection-refused"],
  ["ECONNRESET", "connection-reset"],
  ["EPIPE", "connection-reset"],
  ["EHOSTDOWN", "remote-unreachable"],
  ["EHOSTUNREACH", "remote-unreachable"],
  ["ENETDOWN", "remote-unreachable"],
  ["ENETUNREACH", "remote-unreachable"],
  ["EMFILE", "new-socket-limit"],
  ["ENFILE", "new-socket-limit"],
  ["EMSGSIZE", "datagram-too-large"],
  ["ENOBUFS", "out-of-memory"],
  ["ENOMEM", "out-of-memory"],
  ["ETIMEDOUT", "timeout"],
  ["EAI_AGAIN", "temporary-resolver-failure"],
  ["ENODATA", "name-unresolvable"],
  ["ENOTFOUND", "name-unresolvable"],
]);

/** An error of Node as a refusal. */
export function socketRefusal(error: unknown, otherwise = "unknown"): HostRefusal {
  if (error instanceof HostRefusal) return error;
  const code =
    typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return new HostRefusal((typeof code === "string" ? CODES.get(code) : undefined) ?? otherwise);
}
