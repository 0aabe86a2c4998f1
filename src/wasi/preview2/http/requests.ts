/** `wasi:http/types.incoming-request`, `outgoing-request` and `request-options`. */
import type { Method, Scheme } from "@bytecodealliance/preview2-shim/interfaces/wasi-http-types";
import type { Host } from "../host.js";
import { type Lowering, lowerMethod } from "../lowering.js";
import { makeDroppable, objectOf, resourceOf, WitError } from "../object-form.js";
import type { Process } from "../process.js";
import { Resource } from "../resource.js";
import { type BodyClasses, IncomingBodyResource, OutgoingBodyResource } from "./bodies.js";
import { IncomingBytes } from "./body-input.js";
import { OutgoingBytes } from "./body-output.js";
import { declaredLength, FieldList } from "./field-list.js";
import { type FieldsClass, FieldsResource } from "./fields.js";
import { OutgoingMessage } from "./outgoing-message.js";
import { type IncomingHead, INCOMING_SERVICE } from "../../../base/incoming-messages.js";
import {
  methodNumber,
  METHODS,
  methodText,
  methodValue,
  schemeText,
  schemeValue,
} from "./method.js";

/** Bytes of a path, an authority: more than any server takes. */
const MAX_PATH_BYTES = 16 * 1024;
const MAX_AUTHORITY_BYTES = 1024;

/** Visible ASCII without what ends a path, in a URL or in a text. */
const PATH = /^[!"$-;=?-_a-~]*$/;
/** As RFC 3986 has it, with a user; a request to such a one is refused when it is sent. */
const AUTHORITY =
  /^(?:[\w.~%!$&'()*+,;=:-]*@)?(?:\[[0-9A-Fa-f:.]+\]|[\w.~%!$&'()*+,;=-]+)(?::(\d{1,5}))?$/;
const MAX_PORT = 65_535;

export class IncomingRequestResource extends Resource {
  readonly process: Process;
  readonly head: IncomingHead;
  readonly fields: FieldList;
  consumed = false;

  constructor(process: Process, head: IncomingHead) {
    super();
    this.process = process;
    this.head = head;
    this.fields = FieldList.received(head.headers);
  }
}

export class OutgoingRequestResource extends OutgoingMessage {
  method: Method = { tag: "get" };
  path: string | undefined;
  scheme: Scheme | undefined;
  authority: string | undefined;
}

export class RequestOptionsResource extends Resource {
  connect: bigint | undefined;
  firstByte: bigint | undefined;
  betweenBytes: bigint | undefined;
}

/** `option<string>` and `method`: their case at 0, the text at 4. */
const TEXT_CASE_BYTES = 12;
/** `option<scheme>`: its case at 0, the scheme's at 4, the text at 8. */
const SCHEME_OPTION_BYTES = 16;

export function requestClasses(host: Host, Fields: FieldsClass, bodies: BodyClasses) {
  function consume(request: IncomingRequestResource): IncomingBodyResource | undefined {
    if (request.consumed) return undefined;
    request.consumed = true;
    const { head, process } = request;
    return new IncomingBodyResource(
      process,
      new IncomingBytes(INCOMING_SERVICE, head.request, head.hasBody),
    );
  }

  class IncomingRequest {
    method(): Method {
      host.enter();
      return methodValue(resourceOf(host, IncomingRequestResource, this).head.method);
    }

    pathWithQuery(): string | undefined {
      host.enter();
      return resourceOf(host, IncomingRequestResource, this).head.path;
    }

    scheme(): Scheme | undefined {
      host.enter();
      return schemeValue(resourceOf(host, IncomingRequestResource, this).head.scheme);
    }

    authority(): string | undefined {
      host.enter();
      return resourceOf(host, IncomingRequestResource, this).head.authority;
    }

    headers(): FieldsClass["prototype"] {
      host.enter();
      const request = resourceOf(host, IncomingRequestResource, this);
      return objectOf(host, Fields, new FieldsResource(request.fields, false), request);
    }

    consume(): BodyClasses["IncomingBody"]["prototype"] {
      host.enter();
      const body = consume(resourceOf(host, IncomingRequestResource, this));
      if (body === undefined) throw new WitError(undefined);
      return objectOf(host, bodies.IncomingBody, body);
    }
  }

  const REQUEST = [IncomingRequestResource] as const;
  const text =
    (of: (head: IncomingHead) => string) =>
    (lowering: Lowering) =>
    (self: number, out: number): void => {
      host.enter();
      const { head } = lowering.resource(IncomingRequestResource, 0, self);
      const at = lowering.at(out, TEXT_CASE_BYTES, 4);
      lowering.putText(at + 4, of(head));
      lowering.memory.view.setUint8(at, 1);
    };
  const form = IncomingRequest.prototype;
  lowerMethod(
    host,
    form,
    "pathWithQuery",
    REQUEST,
    text(({ path }) => path),
  );
  lowerMethod(
    host,
    form,
    "authority",
    REQUEST,
    text(({ authority }) => authority),
  );
  lowerMethod(host, form, "method", REQUEST, (lowering) => (self: number, out: number): void => {
    host.enter();
    const { method } = lowering.resource(IncomingRequestResource, 0, self).head;
    const at = lowering.at(out, TEXT_CASE_BYTES, 4);
    const number = methodNumber(method);
    if (number === METHODS.length) lowering.putText(at + 4, method);
    lowering.memory.view.setUint8(at, number);
  });
  lowerMethod(host, form, "scheme", REQUEST, (lowering) => (self: number, out: number): void => {
    host.enter();
    const { scheme } = lowering.resource(IncomingRequestResource, 0, self).head;
    const at = lowering.at(out, SCHEME_OPTION_BYTES, 4);
    const { view } = lowering.memory;
    view.setUint8(at, 1);
    view.setUint8(at + 4, scheme === "https" ? 1 : 0);
  });
  lowerMethod(
    host,
    form,
    "headers",
    [FieldsResource, IncomingRequestResource],
    (lowering) =>
      (self: number): number => {
        host.enter();
        const request = lowering.resource(IncomingRequestResource, 1, self);
        return lowering.give(0, new FieldsResource(request.fields, false), request);
      },
  );
  lowerMethod(
    host,
    form,
    "consume",
    [IncomingRequestResource, IncomingBodyResource],
    (lowering) =>
      (self: number, out: number): void => {
        host.enter();
        const request = lowering.resource(IncomingRequestResource, 0, self);
        const at = lowering.at(out, 8, 4);
        const body = consume(request);
        const { view } = lowering.memory;
        view.setUint8(at, body === undefined ? 1 : 0);
        if (body !== undefined) view.setUint32(at + 4, lowering.give(1, body), true);
      },
  );

  class OutgoingRequest {
    constructor(headers: object) {
      const process = host.enter();
      const fields = takeFields(host, headers);
      return objectOf(host, OutgoingRequest, new OutgoingRequestResource(process, fields));
    }

    body(): BodyClasses["OutgoingBody"]["prototype"] {
      host.enter();
      const request = resourceOf(host, OutgoingRequestResource, this);
      const length = declaredLength(request.fields);
      if (request.body !== undefined || length === null) throw new WitError(undefined);
      request.body = new OutgoingBytes(length, "HTTP-request-body-size");
      const { process, body } = request;
      const resource = new OutgoingBodyResource(process, body);
      return objectOf(host, bodies.OutgoingBody, resource);
    }

    method(): Method {
      host.enter();
      return resourceOf(host, OutgoingRequestResource, this).method;
    }

    setMethod(method: Method): void {
      host.enter();
      const text = methodText(method);
      if (text === undefined) throw new WitError(undefined);
      resourceOf(host, OutgoingRequestResource, this).method = methodValue(text);
    }

    pathWithQuery(): string | undefined {
      host.enter();
      return resourceOf(host, OutgoingRequestResource, this).path;
    }

    setPathWithQuery(path: string | undefined): void {
      host.enter();
      const fits = path === undefined || (path.length <= MAX_PATH_BYTES && PATH.test(path));
      if (!fits) throw new WitError(undefined);
      resourceOf(host, OutgoingRequestResource, this).path = path;
    }

    scheme(): Scheme | undefined {
      host.enter();
      return resourceOf(host, OutgoingRequestResource, this).scheme;
    }

    setScheme(scheme: Scheme | undefined): void {
      host.enter();
      const text = scheme === undefined ? "" : schemeText(scheme);
      if (text === undefined) throw new WitError(undefined);
      const isKnown = text === "http" || text === "https";
      resourceOf(host, OutgoingRequestResource, this).scheme = isKnown ? schemeValue(text) : scheme;
    }

    authority(): string | undefined {
      host.enter();
      return resourceOf(host, OutgoingRequestResource, this).authority;
    }

    setAuthority(authority: string | undefined): void {
      host.enter();
      if (authority !== undefined && !isAuthority(authority)) throw new WitError(undefined);
      resourceOf(host, OutgoingRequestResource, this).authority = authority;
    }

    headers(): FieldsClass["prototype"] {
      host.enter();
      const request = resourceOf(host, OutgoingRequestResource, this);
      return objectOf(host, Fields, new FieldsResource(request.fields, false), request);
    }
  }

  class RequestOptions {
    constructor() {
      host.enter();
      return objectOf(host, RequestOptions, new RequestOptionsResource());
    }

    connectTimeout(): bigint | undefined {
      host.enter();
      return resourceOf(host, RequestOptionsResource, this).connect;
    }

    setConnectTimeout(duration: bigint | undefined): void {
      host.enter();
      resourceOf(host, RequestOptionsResource, this).connect = duration;
    }

    firstByteTimeout(): bigint | undefined {
      host.enter();
      return resourceOf(host, RequestOptionsResource, this).firstByte;
    }

    setFirstByteTimeout(duration: bigint | undefined): void {
      host.enter();
      resourceOf(host, RequestOptionsResource, this).firstByte = duration;
    }

    betweenBytesTimeout(): bigint | undefined {
      host.enter();
      return resourceOf(host, RequestOptionsResource, this).betweenBytes;
    }

    setBetweenBytesTimeout(duration: bigint | undefined): void {
      host.enter();
      resourceOf(host, RequestOptionsResource, this).betweenBytes = duration;
    }
  }

  makeDroppable(host, IncomingRequest, IncomingRequestResource);
  makeDroppable(host, OutgoingRequest, OutgoingRequestResource);
  makeDroppable(host, RequestOptions, RequestOptionsResource);
  return { IncomingRequest, OutgoingRequest, RequestOptions };
}

/** The list of headers that the guest gives away. */
export function takeFields(host: Host, headers: object): FieldList {
  const fields = resourceOf(host, FieldsResource, headers);
  host.resources.drop(fields.rep);
  return fields.list;
}

function isAuthority(text: string): boolean {
  const match = text.length <= MAX_AUTHORITY_BYTES ? AUTHORITY.exec(text) : null;
  return match !== null && Number(match[1] ?? 0) <= MAX_PORT;
}

/** The same for a handle of a direct form. */
export function consumeFields(host: Host, lowering: Lowering, handle: number): FieldList {
  const fields = lowering.consume(FieldsResource, 0, handle);
  host.resources.drop(fields.rep);
  return fields.list;
}
