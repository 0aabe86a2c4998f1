/** `wasi:http/types.incoming-body`, `outgoing-body` and `future-trailers`. */
import type { ErrorCode, Result } from "@bytecodealliance/preview2-shim/interfaces/wasi-http-types";
import type { Host } from "../host.js";
import { Input } from "../io/input.js";
import { Output } from "../io/output.js";
import { type PollableForm, type PollInterface, subscribable } from "../io/poll.js";
import type { InputStreamForm, OutputStreamForm, StreamsInterface } from "../io/streams.js";
import { lower, lowerMethod } from "../lowering.js";
import { makeDroppable, objectOf, resourceOf, WitError } from "../object-form.js";
import type { Process } from "../process.js";
import { Resource } from "../resource.js";
import { BodyInput, type IncomingBytes, waitableOf } from "./body-input.js";
import { BodyOutput, type OutgoingBytes } from "./body-output.js";
import { errorNumber, errorValue } from "./error-code.js";
import { FieldList } from "./field-list.js";
import { type FieldsClass, FieldsResource } from "./fields.js";

export class IncomingBodyResource extends Resource {
  readonly process: Process;
  readonly bytes: IncomingBytes;
  /** Its stream was given. */
  taken = false;
  /** Its trailers are still wanted. */
  finished = false;

  constructor(process: Process, bytes: IncomingBytes) {
    super();
    this.process = process;
    this.bytes = bytes;
  }

  override release(): void {
    if (!this.finished) this.bytes.leave(this.process);
  }
}

export class FutureTrailersResource extends Resource {
  readonly process: Process;
  readonly bytes: IncomingBytes;
  taken = false;

  constructor(process: Process, bytes: IncomingBytes) {
    super();
    this.process = process;
    this.bytes = bytes;
  }

  override release(): void {
    this.bytes.leave(this.process);
  }
}

export class OutgoingBodyResource extends Resource {
  readonly process: Process;
  readonly bytes: OutgoingBytes;
  taken = false;

  constructor(process: Process, bytes: OutgoingBytes) {
    super();
    this.process = process;
    this.bytes = bytes;
  }

  override release(): void {
    if (!this.process.over) this.bytes.drop(this.process);
  }
}

export type BodyClasses = ReturnType<typeof bodyClasses>;

/** A `result<own>`: its case at 0, the handle at 4. */
const HANDLE_RESULT_BYTES = 8;
/** A `result<_, error-code>`: its case at 0, the error's at 8, the error's payload at 16, an `option<u64>`'s number at 24. */
const ERROR_RESULT_BYTES = 40;

export function bodyClasses(
  host: Host,
  streams: StreamsInterface,
  poll: PollInterface,
  Fields: FieldsClass,
) {
  class FutureTrailers {
    subscribe(): PollableForm {
      host.enter();
      const future = resourceOf(host, FutureTrailersResource, this);
      return poll.pollable(trailersWaitable(future), future);
    }

    get(): Result<Result<FieldsClass["prototype"] | undefined, ErrorCode>, void> | undefined {
      const process = host.enter();
      const future = resourceOf(host, FutureTrailersResource, this);
      if (!future.bytes.skipToEnd(process)) return undefined;
      if (future.taken) return { tag: "err", val: undefined };
      future.taken = true;
      const { failure, trailers } = future.bytes;
      if (failure !== undefined) {
        const val = errorValue(failure.code, failure.payload);
        return { tag: "ok", val: { tag: "err", val } };
      }
      const fields =
        trailers.length === 0
          ? undefined
          : objectOf(host, Fields, new FieldsResource(FieldList.received(trailers), false), future);
      return { tag: "ok", val: { tag: "ok", val: fields } };
    }
  }

  function inputOf(body: IncomingBodyResource): BodyInput | undefined {
    if (body.taken) return undefined;
    body.taken = true;
    return new BodyInput(body.bytes);
  }

  /** Takes the body from the guest; its bytes go on for their trailers. */
  function finishIncoming(body: IncomingBodyResource): FutureTrailersResource {
    body.finished = true;
    host.resources.drop(body.rep);
    return new FutureTrailersResource(body.process, body.bytes);
  }

  class IncomingBody {
    stream(): InputStreamForm {
      host.enter();
      const body = resourceOf(host, IncomingBodyResource, this);
      const input = inputOf(body);
      if (input === undefined) throw new WitError(undefined);
      host.resources.add(input, body);
      return streams.input(input);
    }

    static finish(this: void, body: IncomingBody): FutureTrailers {
      host.enter();
      const future = finishIncoming(resourceOf(host, IncomingBodyResource, body));
      return objectOf(host, FutureTrailers, future);
    }
  }

  function outputOf(body: OutgoingBodyResource): BodyOutput | undefined {
    if (body.taken) return undefined;
    body.taken = true;
    return new BodyOutput(body.bytes);
  }

  /** Takes the body from the guest. False: it is not as long as declared. */
  function finishOutgoing(body: OutgoingBodyResource, trailers: FieldList | undefined): boolean {
    if (body.children > 0) host.trap("a body is finished before its stream is dropped");
    const whole = body.bytes.finish(body.process, trailers?.toFields() ?? []);
    host.resources.drop(body.rep);
    return whole;
  }

  class OutgoingBody {
    write(): OutputStreamForm {
      host.enter();
      const body = resourceOf(host, OutgoingBodyResource, this);
      const output = outputOf(body);
      if (output === undefined) throw new WitError(undefined);
      host.resources.add(output, body);
      return streams.output(output);
    }

    static finish(this: void, body: OutgoingBody, trailers: object | undefined): void {
      host.enter();
      const resource = resourceOf(host, OutgoingBodyResource, body);
      const { bytes } = resource;
      const fields =
        trailers === undefined ? undefined : resourceOf(host, FieldsResource, trailers);
      if (fields !== undefined) host.resources.drop(fields.rep);
      if (!finishOutgoing(resource, fields?.list)) {
        throw new WitError(errorValue(bytes.lengthError, BigInt(bytes.written)));
      }
    }
  }

  subscribable(host, FutureTrailers.prototype, FutureTrailersResource, trailersWaitable);

  lowerMethod(
    host,
    IncomingBody.prototype,
    "stream",
    [Input, IncomingBodyResource],
    (lowering) =>
      (self: number, out: number): void => {
        host.enter();
        const body = lowering.resource(IncomingBodyResource, 1, self);
        const at = lowering.at(out, HANDLE_RESULT_BYTES, 4);
        const input = inputOf(body);
        const { view } = lowering.memory;
        view.setUint8(at, input === undefined ? 1 : 0);
        if (input !== undefined) view.setUint32(at + 4, lowering.give(0, input, body), true);
      },
  );
  lower(
    host,
    IncomingBody.finish,
    [IncomingBodyResource, FutureTrailersResource],
    (lowering) =>
      (self: number): number => {
        host.enter();
        return lowering.give(1, finishIncoming(lowering.consume(IncomingBodyResource, 0, self)));
      },
  );
  lowerMethod(
    host,
    OutgoingBody.prototype,
    "write",
    [Output, OutgoingBodyResource],
    (lowering) =>
      (self: number, out: number): void => {
        host.enter();
        const body = lowering.resource(OutgoingBodyResource, 1, self);
        const at = lowering.at(out, HANDLE_RESULT_BYTES, 4);
        const output = outputOf(body);
        const { view } = lowering.memory;
        view.setUint8(at, output === undefined ? 1 : 0);
        if (output !== undefined) view.setUint32(at + 4, lowering.give(0, output, body), true);
      },
  );
  lower(
    host,
    OutgoingBody.finish,
    [FieldsResource, OutgoingBodyResource],
    (lowering) =>
      (self: number, some: number, trailers: number, out: number): void => {
        host.enter();
        const at = lowering.at(out, ERROR_RESULT_BYTES, 8);
        const body = lowering.consume(OutgoingBodyResource, 1, self);
        const { bytes } = body;
        const fields = some === 0 ? undefined : lowering.consume(FieldsResource, 0, trailers);
        if (fields !== undefined) host.resources.drop(fields.rep);
        const { memory } = lowering;
        if (finishOutgoing(body, fields?.list)) {
          memory.view.setUint8(at, 0);
          return;
        }
        memory.view.setUint8(at, 1);
        memory.view.setUint8(at + 8, errorNumber(bytes.lengthError));
        memory.view.setUint8(at + 16, 1);
        memory.setU64(at + 24, bytes.written);
      },
  );

  makeDroppable(host, FutureTrailers, FutureTrailersResource);
  makeDroppable(host, IncomingBody, IncomingBodyResource);
  makeDroppable(host, OutgoingBody, OutgoingBodyResource);
  return { FutureTrailers, IncomingBody, OutgoingBody };
}

/** Ready when the trailers are known: what is left of the body is thrown away meanwhile. */
function trailersWaitable({ bytes }: FutureTrailersResource) {
  const { waits } = waitableOf(bytes);
  return { waits, ready: (process: Process) => bytes.skipToEnd(process) };
}
