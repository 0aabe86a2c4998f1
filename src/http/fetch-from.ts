import type { FetchOptions, IncomingRequest, OutgoingResponse } from "./incoming-exchange.js";
import { incomingOf, requestOf } from "./fetch-request.js";
import { responseOf } from "./fetch-response.js";

/** `fetch` over what answers in the plain form. */
export async function fetchFrom(
  answer: (request: IncomingRequest) => Promise<OutgoingResponse>,
  input: Request | string | URL,
  init?: RequestInit & FetchOptions,
): Promise<Response> {
  return responseOf(await answer(incomingOf(requestOf(input, init), init)));
}
