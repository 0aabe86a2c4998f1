/** wasi:http: types and outgoing-handler, and what a worker makes a guest's requests with. */
import type { ErrorCode } from "@bytecodealliance/preview2-shim/interfaces/wasi-http-types";
import type { IncomingHead } from "../../../base/incoming-messages.js";
import type { Host } from "../host.js";
import { ErrorResource } from "../io/error.js";
import type { PollInterface } from "../io/poll.js";
import type { StreamsInterface } from "../io/streams.js";
import { objectOf, resourceOf } from "../object-form.js";
import { bodyClasses } from "./bodies.js";
import { problemValue } from "./error-code.js";
import { fieldsClass } from "./fields.js";
import { IncomingExchange } from "./incoming-exchange.js";
import { outgoingHandler } from "./outgoing-handler.js";
import { IncomingRequestResource, requestClasses } from "./requests.js";
import { OutparamResource, responseClasses } from "./responses.js";

/** A request as a guest's handler is given it. */
export interface HandledRequest {
  readonly request: object;
  readonly outparam: object;
  /** The handler has returned. */
  over(): void;
}

export function httpInterfaces(host: Host, streams: StreamsInterface, poll: PollInterface) {
  const Fields = fieldsClass(host);
  const bodies = bodyClasses(host, streams, poll, Fields);
  const requests = requestClasses(host, Fields, bodies);
  const responses = responseClasses(host, poll, Fields, bodies);

  const httpErrorCode = (error: object): ErrorCode | undefined => {
    host.enter();
    return problemValue(resourceOf(host, ErrorResource, error).problem);
  };

  return {
    types: { Fields, ...bodies, ...requests, ...responses, httpErrorCode },
    outgoingHandler: outgoingHandler(host, responses),
    /** Makes a request for a handler. Of the app's doing, not of a call of the guest's. */
    handled(head: IncomingHead): HandledRequest {
      const process = host.enter();
      const exchange = new IncomingExchange(process, head);
      const request = new IncomingRequestResource(process, head);
      return {
        request: objectOf(host, requests.IncomingRequest, request),
        outparam: objectOf(host, responses.ResponseOutparam, new OutparamResource(exchange)),
        over: () => exchange.over(),
      };
    },
  };
}
