import type { HttpFields } from "../base/http-messages.js";
import { withLength } from "./byte-source.js";
import type { ByteSource, OutgoingResponse } from "./incoming-exchange.js";
import { contentLength, endToEnd, problemOfFields } from "./header-fields.js";
import { invalidResponse } from "./http-failure.js";

/** Statuses without a body (RFC 9110, sections 15.3.5, 15.3.6 and 15.4.5). */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

/** Whether an answer has no body, whatever its guest writes. */
export function hasNoBody(method: string, status: number): boolean {
  return method === "HEAD" || BODILESS.has(status);
}

/**
 * A guest's answer, made fit for a client. Where there can be no body, `body` is cancelled.
 *
 * @throws SafedockError `ERR_HTTP_RESPONSE_INVALID`
 */
export function checkedResponse(
  method: string,
  status: number,
  fields: HttpFields,
  body: ByteSource | undefined,
): OutgoingResponse {
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw invalidResponse("its status is no number from 200 to 599");
  }
  const problem = problemOfFields(fields);
  if (problem !== undefined) throw invalidResponse(problem);
  const length = contentLength(fields);
  if (length === null) throw invalidResponse("its content-length is no length");
  const headers = endToEnd(fields);
  if (hasNoBody(method, status)) {
    body?.cancel();
    // A length that no body follows would be waited for.
    const bare = status === 204 || status === 205;
    return {
      status,
      headers: bare ? headers.filter(([name]) => name !== "content-length") : headers,
      body: undefined,
    };
  }
  return {
    status,
    headers,
    body: body === undefined || length === undefined ? body : withLength(body, length, wrongLength),
  };
}

function wrongLength(): Error {
  return invalidResponse("its body has another length than its content-length");
}
