import type {
  ByteSource,
  Fetchable,
  IncomingRequest,
  OutgoingResponse,
} from "./incoming-exchange.js";
import { checkedResponse } from "./checked-response.js";
import { invalidResponse } from "./http-failure.js";
import { bodyOf, streamOf } from "./web-body.js";

/** Asks what answers, whether or not it wants the objects of the web. */
export async function answerOf(
  target: Fetchable,
  request: IncomingRequest,
): Promise<OutgoingResponse> {
  if (target.answer !== undefined) return await target.answer(request);
  const response = await target.fetch(webRequest(request), {
    ...(request.clientAddress === undefined ? undefined : { clientAddress: request.clientAddress }),
  });
  const { body } = response;
  const source = body === null ? NO_BODY : bodyOf(body, noBytes);
  return checkedResponse(request.method, response.status, [...response.headers], source);
}

function noBytes(): Error {
  return invalidResponse("its body is a stream of something else than bytes");
}

const NO_BODY: ByteSource = { read: () => Promise.resolve(undefined), cancel: () => undefined };

function webRequest(request: IncomingRequest): Request {
  const { method, scheme, authority, path, headers, body, signal } = request;
  return new Request(`${scheme}://${authority}${path}`, {
    method,
    headers: headers.map(([name, value]): [string, string] => [name, value]),
    ...(body === undefined ? undefined : { body: streamOf(body), duplex: "half" }),
    ...(signal === undefined ? undefined : { signal }),
  });
}
