import type { HttpErrorCode } from "../../base/http-messages.js";
import { fieldBytes, MAX_FIELD_BYTES, MAX_FIELDS } from "../header-rules.js";
import type { WireResponse } from "./wire.js";

/** What is wrong with the head of a response; undefined: nothing. */
export function problemOfHead({ status, rawHeaders }: WireResponse): HttpErrorCode | undefined {
  if (rawHeaders.length > 2 * MAX_FIELDS || fieldBytes(rawHeaders) > MAX_FIELD_BYTES) {
    return "HTTP-response-header-section-size";
  }
  if (status < 200 || status > 599) return "HTTP-protocol-error";
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() !== "transfer-encoding") continue;
    if (rawHeaders[at + 1]?.toLowerCase() !== "chunked") return "HTTP-response-transfer-coding";
  }
  return undefined;
}
