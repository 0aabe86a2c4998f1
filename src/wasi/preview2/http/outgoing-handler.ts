/** `wasi:http/outgoing-handler`. */
import { EACCES } from "../../../fs/errno.js";
import { HTTP_SERVICE, type HttpRequestHead } from "../../../base/http-messages.js";
import type { Host } from "../host.js";
import { objectOf, resourceOf, WitError } from "../object-form.js";
import type { Process } from "../process.js";
import { errorValue } from "./error-code.js";
import { OutgoingRequestResource, RequestOptionsResource } from "./requests.js";
import { FutureResponseResource, type ResponseClasses } from "./responses.js";

const NS_PER_MS = 1_000_000n;
/** The longest time that can be asked for, in ms: 24 days. */
const MAX_MS = 2 ** 31 - 1;

/** Numbers of requests; a worker never has two open of the same. */
let lastRequest = 0;

export function outgoingHandler(host: Host, { FutureIncomingResponse }: ResponseClasses) {
  const handle = (
    request: object,
    options: object | undefined,
  ): ResponseClasses["FutureIncomingResponse"]["prototype"] => {
    const process = host.enter();
    const given = resourceOf(host, OutgoingRequestResource, request);
    const times =
      options === undefined ? {} : timesOf(resourceOf(host, RequestOptionsResource, options));
    const { method, path = "/", scheme = "https", authority, fields, body } = given;
    host.resources.drop(given.rep);
    if (options !== undefined) {
      host.resources.drop(resourceOf(host, RequestOptionsResource, options).rep);
    }
    if (authority === undefined) throw new WitError(errorValue("HTTP-request-URI-invalid"));
    if (!process.context.host.offers(HTTP_SERVICE)) {
      refuse(process, `${scheme}://${authority}`);
    }
    lastRequest = lastRequest === MAX_MS ? 1 : lastRequest + 1;
    const head: HttpRequestHead = {
      request: lastRequest,
      method,
      scheme,
      authority,
      pathWithQuery: path,
      headers: fields.toFields(),
      more: body !== undefined,
      ...times,
    };
    const call = process.context.host.send(HTTP_SERVICE, "request", head, body?.takeHeld());
    body?.attach({ service: HTTP_SERVICE, request: lastRequest }, process);
    const future = new FutureResponseResource(process, lastRequest, call);
    return objectOf(host, FutureIncomingResponse, future);
  };
  return { handle };
}

function refuse(process: Process, origin: string): never {
  process.deny("http", "request", EACCES, origin);
  throw new WitError(errorValue("HTTP-request-denied"));
}

function timesOf({
  connect,
  firstByte,
  betweenBytes,
}: RequestOptionsResource): Pick<
  HttpRequestHead,
  "connectTimeoutMs" | "firstByteTimeoutMs" | "betweenBytesTimeoutMs"
> {
  return {
    ...(connect === undefined ? undefined : { connectTimeoutMs: toMs(connect) }),
    ...(firstByte === undefined ? undefined : { firstByteTimeoutMs: toMs(firstByte) }),
    ...(betweenBytes === undefined ? undefined : { betweenBytesTimeoutMs: toMs(betweenBytes) }),
  };
}

/** Rounded up: no time at all is no time that a peer could keep. */
function toMs(ns: bigint): number {
  const ms = (ns + NS_PER_MS - 1n) / NS_PER_MS;
  return ms > BigInt(MAX_MS) ? MAX_MS : Number(ms);
}
