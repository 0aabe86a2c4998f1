import { HostRefusal } from "../../base/host-service.js";
import type { HttpErrorCode } from "../../base/http-messages.js";

/** No address that a name leads to is granted. */
export class AddressRefused extends Error {
  readonly address: string;

  constructor(address: string) {
    super(`no connection to ${address} is granted`);
    this.address = address;
  }
}

/** The resolver has failed or knows no address. */
export class LookupFailed extends Error {
  readonly rcode: string | undefined;

  constructor(cause: unknown) {
    super("the name leads nowhere", { cause });
    this.rcode = codeOf(cause);
  }
}

/** Codes of Node and the system, by what they begin with. */
const CODES: readonly (readonly [prefix: string, code: HttpErrorCode])[] = [
  ["ECONNREFUSED", "connection-refused"],
  ["ETIMEDOUT", "connection-timeout"],
  ["EHOSTUNREACH", "destination-IP-unroutable"],
  ["ENETUNREACH", "destination-IP-unroutable"],
  ["EADDRNOTAVAIL", "destination-IP-unroutable"],
  ["EMFILE", "connection-limit-reached"],
  ["ERR_INVALID_CHAR", "HTTP-protocol-error"],
  ["ERR_HTTP_INVALID_HEADER_VALUE", "HTTP-protocol-error"],
  ["ERR_UNESCAPED_CHARACTERS", "HTTP-request-URI-invalid"],
  ["HPE_CB_", "HTTP-protocol-error"],
  ["HPE_", "HTTP-protocol-error"],
  ["CERT_", "TLS-certificate-error"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "TLS-certificate-error"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "TLS-certificate-error"],
  ["UNABLE_TO_", "TLS-certificate-error"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "TLS-certificate-error"],
  ["HOSTNAME_MISMATCH", "TLS-certificate-error"],
  ["INVALID_CA", "TLS-certificate-error"],
  ["ERR_SSL_", "TLS-protocol-error"],
  ["ERR_TLS_", "TLS-protocol-error"],
  ["EPROTO", "TLS-protocol-error"],
];

/**
 * What a guest is told of an error of Node: never its text, which may name what the guest must not know.
 *
 * @param hasResponse - the response's headers have come
 */
export function failureOf(error: unknown, hasResponse: boolean): HostRefusal {
  if (error instanceof HostRefusal) return error;
  if (error instanceof AddressRefused) return new HostRefusal("destination-IP-prohibited");
  if (error instanceof LookupFailed) {
    return new HostRefusal("DNS-error", { rcode: error.rcode, infoCode: undefined });
  }
  const code = codeOf(error) ?? "";
  if (code === "HPE_HEADER_OVERFLOW") {
    const what = hasResponse ? "trailer" : "header";
    return new HostRefusal(`HTTP-response-${what}-section-size`);
  }
  if (code.startsWith("ENOTFOUND") || code.startsWith("EAI_")) {
    return new HostRefusal("DNS-error", { rcode: code, infoCode: undefined });
  }
  const known = CODES.find(([prefix]) => code.startsWith(prefix));
  if (known !== undefined) return new HostRefusal(known[1]);
  // What is left is a connection that was closed in some way.
  return new HostRefusal(hasResponse ? "HTTP-response-incomplete" : "connection-terminated");
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
