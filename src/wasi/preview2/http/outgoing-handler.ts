/** `wasi:http/outgoing-handler`. */
import { EACCES } from "../../../fs/errno.js";
import {
  HTTP_SERVICE,
  type HttpErrorCode,
  type HttpRequestHead,
} from "../../../base/http-messages.js";
import type { Host } from "../host.js";
import { objectOf, resourceOf, WitError } from "../object-form.js";
import type { Process } from "../process.js";
import { errorValue } from "./error-code.js";
import { methodText, schemeText } from "./method.js";
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
    const { path = "/", authority, fields } = given;
    const method = methodText(given.method) ?? "GET";
    const scheme = given.scheme === undefined ? "https" : schemeText(given.scheme);
    const body = given.sent();
    host.resources.drop(given.rep);
    if (options !== undefined) {
      host.resources.drop(resourceOf(host, RequestOptionsResource, options).rep);
    }
    const code = problemOf(process, scheme, authority);
    if (code !== undefined || scheme === undefined || authority === undefined) {
      body?.abandon(process);
      throw new WitError(errorValue(code ?? "internal-error"));
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
    const call = process.context.host.send(HTTP_SERVICE, "request", head, body?.takeHeld(process));
    body?.attach({ service: HTTP_SERVICE, request: lastRequest }, process);
    const future = new FutureResponseResource(process, lastRequest, call);
    return objectOf(host, FutureIncomingResponse, future);
  };
  return { handle };
}

/** Why a request goes nowhere, as far as it can be told here; undefined: nothing is known against it. */
function problemOf(
  process: Process,
  scheme: string | undefined,
  authority: string | undefined,
): HttpErrorCode | undefined {
  if (scheme !== "http" && scheme !== "https") return "HTTP-protocol-error";
  if (authority === undefined) return "HTTP-request-URI-invalid";
  if (process.context.host.offers(HTTP_SERVICE)) return undefined;
  process.deny("http", "request", EACCES, `${scheme}://${authority.replace(/^.*@/, "")}`);
  return "HTTP-request-denied";
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
