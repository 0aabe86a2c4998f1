/** `wasi:http/types.incoming-response`, `outgoing-response`, `response-outparam` and `future-incoming-response`. */
import type { ErrorCode, Result } from "@bytecodealliance/preview2-shim/interfaces/wasi-http-types";
import { HTTP_SERVICE, type HttpResponseHead } from "../../../base/http-messages.js";
import type { Host } from "../host.js";
import type { PollableForm, PollInterface } from "../io/poll.js";
import { subscribable } from "../io/poll.js";
import { type Waitable, WAITS_FOR_HOST } from "../io/waitable.js";
import { lower, lowerMethod } from "../lowering.js";
import { makeDroppable, objectOf, resourceOf, WitError } from "../object-form.js";
import type { Process } from "../process.js";
import { Resource } from "../resource.js";
import { type BodyClasses, IncomingBodyResource, OutgoingBodyResource } from "./bodies.js";
import { IncomingBytes } from "./body-input.js";
import { OutgoingBytes } from "./body-output.js";
import { errorName, errorValue } from "./error-code.js";
import { declaredLength, FieldList } from "./field-list.js";
import { type FieldsClass, FieldsResource } from "./fields.js";
import type { IncomingExchange } from "./incoming-exchange.js";
import { OutgoingMessage } from "./outgoing-message.js";
import { consumeFields, takeFields } from "./requests.js";

export class IncomingResponseResource extends Resource {
  readonly process: Process;
  readonly status: number;
  readonly fields: FieldList;
  readonly request: number;
  consumed = false;

  constructor(process: Process, request: number, { status, headers }: HttpResponseHead) {
    super();
    this.process = process;
    this.request = request;
    this.status = status;
    this.fields = FieldList.received(headers);
  }

  /** A body that nobody has asked for is not sent for nothing. */
  override release(): void {
    if (!this.consumed && !this.process.over) cancelRequest(this.process, this.request);
  }
}

/** An answer that has not come yet. */
export class FutureResponseResource extends Resource {
  readonly process: Process;
  readonly request: number;
  /** The call to the app. */
  readonly call: number;
  taken = false;
  /** Stays ready when the answer was taken. */
  readonly waitable: Waitable = {
    waits: WAITS_FOR_HOST,
    ready: ({ context }) => this.taken || context.host.has(this.call),
  };

  constructor(process: Process, request: number, call: number) {
    super();
    this.process = process;
    this.request = request;
    this.call = call;
  }

  override release(): void {
    if (this.taken || this.process.over) return;
    this.process.context.host.forget(this.call);
    cancelRequest(this.process, this.request);
  }
}

export class OutgoingResponseResource extends OutgoingMessage {
  status = 200;
}

/** A guest's one chance to answer a request. */
export class OutparamResource extends Resource {
  readonly exchange: IncomingExchange;

  constructor(exchange: IncomingExchange) {
    super();
    this.exchange = exchange;
  }
}

export function cancelRequest(process: Process, request: number): void {
  process.context.host.post(HTTP_SERVICE, "cancel", { request });
}

export type ResponseClasses = ReturnType<typeof responseClasses>;

export function responseClasses(
  host: Host,
  poll: PollInterface,
  Fields: FieldsClass,
  bodies: BodyClasses,
) {
  class IncomingResponse {
    status(): number {
      host.enter();
      return resourceOf(host, IncomingResponseResource, this).status;
    }

    headers(): FieldsClass["prototype"] {
      host.enter();
      const response = resourceOf(host, IncomingResponseResource, this);
      return objectOf(host, Fields, new FieldsResource(response.fields, false), response);
    }

    consume(): BodyClasses["IncomingBody"]["prototype"] {
      host.enter();
      const response = resourceOf(host, IncomingResponseResource, this);
      if (response.consumed) throw new WitError(undefined);
      response.consumed = true;
      const { process, request } = response;
      const bytes = new IncomingBytes(HTTP_SERVICE, request, true);
      return objectOf(host, bodies.IncomingBody, new IncomingBodyResource(process, bytes));
    }
  }

  class FutureIncomingResponse {
    subscribe(): PollableForm {
      host.enter();
      const future = resourceOf(host, FutureResponseResource, this);
      return poll.pollable(future.waitable, future);
    }

    get(): Result<Result<IncomingResponse, ErrorCode>, void> | undefined {
      const process = host.enter();
      const future = resourceOf(host, FutureResponseResource, this);
      if (future.taken) return { tag: "err", val: undefined };
      const answer = process.context.host.take(future.call);
      if (answer === undefined) return undefined;
      future.taken = true;
      if (!answer.ok) {
        const val = errorValue(answer.code, answer.data);
        return { tag: "ok", val: { tag: "err", val } };
      }
      const head = answer.head as HttpResponseHead;
      const response = new IncomingResponseResource(process, future.request, head);
      return { tag: "ok", val: { tag: "ok", val: objectOf(host, IncomingResponse, response) } };
    }
  }

  function setStatus(response: OutgoingResponseResource, status: number): boolean {
    const fits = status >= 100 && status <= 599;
    if (fits) response.status = status;
    return fits;
  }

  function bodyOf(response: OutgoingResponseResource): OutgoingBodyResource | undefined {
    const length = declaredLength(response.fields);
    if (response.body !== undefined || length === null) return undefined;
    response.body = new OutgoingBytes(length, "HTTP-response-body-size");
    return new OutgoingBodyResource(response.process, response.body);
  }

  class OutgoingResponse {
    constructor(headers: object) {
      const process = host.enter();
      const fields = takeFields(host, headers);
      return objectOf(host, OutgoingResponse, new OutgoingResponseResource(process, fields));
    }

    statusCode(): number {
      host.enter();
      return resourceOf(host, OutgoingResponseResource, this).status;
    }

    setStatusCode(status: number): void {
      host.enter();
      const response = resourceOf(host, OutgoingResponseResource, this);
      if (!setStatus(response, status)) throw new WitError(undefined);
    }

    headers(): FieldsClass["prototype"] {
      host.enter();
      const response = resourceOf(host, OutgoingResponseResource, this);
      return objectOf(host, Fields, new FieldsResource(response.fields, false), response);
    }

    body(): BodyClasses["OutgoingBody"]["prototype"] {
      host.enter();
      const body = bodyOf(resourceOf(host, OutgoingResponseResource, this));
      if (body === undefined) throw new WitError(undefined);
      return objectOf(host, bodies.OutgoingBody, body);
    }
  }

  class ResponseOutparam {
    /** Of interfaces with `informational-outbound-responses`; servers of Node have no way to send all of them. */
    sendInformational(status: number, headers: object): void {
      host.enter();
      resourceOf(host, OutparamResource, this);
      takeFields(host, headers);
      const isInformational = status >= 100 && status <= 199;
      throw new WitError(errorValue(isInformational ? "internal-error" : "HTTP-protocol-error"));
    }

    static set(
      this: void,
      param: ResponseOutparam,
      response: Result<OutgoingResponse, ErrorCode>,
    ): void {
      host.enter();
      const { exchange, rep } = resourceOf(host, OutparamResource, param);
      if (response.tag === "ok") {
        const given = resourceOf(host, OutgoingResponseResource, response.val);
        const body = given.sent();
        host.resources.drop(given.rep);
        exchange.respond(given.status, given.fields.toFields(), body);
      } else exchange.fail(response.val.tag);
      host.resources.drop(rep);
    }
  }

  lower(
    host,
    OutgoingResponse,
    [FieldsResource, OutgoingResponseResource],
    (lowering) =>
      (headers: number): number => {
        const process = host.enter();
        const fields = consumeFields(host, lowering, headers);
        return lowering.give(1, new OutgoingResponseResource(process, fields));
      },
  );
  lowerMethod(
    host,
    OutgoingResponse.prototype,
    "setStatusCode",
    [OutgoingResponseResource],
    (lowering) =>
      (self: number, status: number): number => {
        host.enter();
        const response = lowering.resource(OutgoingResponseResource, 0, self);
        return setStatus(response, status & 0xffff) ? 0 : 1;
      },
  );
  lowerMethod(
    host,
    OutgoingResponse.prototype,
    "body",
    [OutgoingResponseResource, OutgoingBodyResource],
    (lowering) =>
      (self: number, out: number): void => {
        host.enter();
        const response = lowering.resource(OutgoingResponseResource, 0, self);
        const at = lowering.at(out, 8, 4);
        const body = bodyOf(response);
        const { view } = lowering.memory;
        view.setUint8(at, body === undefined ? 1 : 0);
        if (body !== undefined) view.setUint32(at + 4, lowering.give(1, body), true);
      },
  );
  // Of an error, its case alone is told: its payload means nothing to a client.
  lower(
    host,
    ResponseOutparam.set,
    [OutgoingResponseResource, OutparamResource],
    (lowering) =>
      (param: number, failed: number, value: number): void => {
        host.enter();
        const { exchange, rep } = lowering.consume(OutparamResource, 1, param);
        if (failed === 0) {
          const given = lowering.consume(OutgoingResponseResource, 0, value);
          const body = given.sent();
          host.resources.drop(given.rep);
          exchange.respond(given.status, given.fields.toFields(), body);
        } else exchange.fail(errorName(value) ?? host.trap("an error code that is none"));
        host.resources.drop(rep);
      },
  );
  subscribable(
    host,
    FutureIncomingResponse.prototype,
    FutureResponseResource,
    ({ waitable }) => waitable,
  );

  makeDroppable(host, IncomingResponse, IncomingResponseResource);
  makeDroppable(host, FutureIncomingResponse, FutureResponseResource);
  makeDroppable(host, OutgoingResponse, OutgoingResponseResource);
  makeDroppable(host, ResponseOutparam, OutparamResource);
  return { IncomingResponse, FutureIncomingResponse, OutgoingResponse, ResponseOutparam };
}
