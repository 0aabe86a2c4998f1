import type { OutgoingResponse } from "./incoming-exchange.js";
import { streamOf } from "./web-body.js";

/** A guest's answer as the web has it. */
export function responseOf({ status, headers, body }: OutgoingResponse): Response {
  return new Response(body === undefined ? null : streamOf(body), {
    status,
    headers: headers.map(([name, value]): [string, string] => [name, value]),
  });
}
