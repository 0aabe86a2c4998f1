/** `wasi:io/streams.input-stream`. */
import type { Host } from "../host.js";
import { MAX_READ_BYTES } from "../limits.js";
import { type Lowering, lowerMethod } from "../lowering.js";
import { makeDroppable, type ObjectClass, resourceOf } from "../object-form.js";
import type { Process } from "../process.js";
import { toLength } from "../to-length.js";
import { ErrorResource } from "./error.js";
import { Input } from "./input.js";
import { type PollableForm, type PollInterface, subscribable } from "./poll.js";
import { putStreamError, streamError } from "./stream-error.js";

/** Bytes that are read to be thrown away, or to be written elsewhere, in one call. */
export const PASSED_BYTES = 65_536;
/** Where they pass through; one call does not see another's. */
export const PASSING = new Uint8Array(PASSED_BYTES);

const TYPES = [ErrorResource, Input] as const;
const ERROR = 0;
const SELF = 1;

/** `result<list<u8>, stream-error>`: case 0, address or error 4, length 8. */
const LIST_RESULT_BYTES = 12;
/** `result<u64, stream-error>`: case 0, number or error 8. */
export const COUNT_RESULT_BYTES = 16;

export function inputStreamClass(host: Host, errors: ObjectClass<object>, poll: PollInterface) {
  /** Bytes that can be taken now, or -errno. */
  function prepare(process: Process, input: Input, length: number, blocking: boolean): number {
    return blocking && length > 0 ? input.await(process, length) : input.prepare(process, length);
  }

  function read(object: object, length: bigint, blocking: boolean): Uint8Array {
    const process = host.enter();
    const input = resourceOf(host, Input, object);
    const count = prepare(process, input, toLength(length, MAX_READ_BYTES), blocking);
    if (count < 0) throw streamError(host, errors, count);
    const bytes = new Uint8Array(count);
    const taken = count === 0 ? 0 : input.take(process, bytes, 0, count);
    process.usage.readBytes += taken;
    return bytes.subarray(0, taken);
  }

  function skip(process: Process, input: Input, length: bigint, blocking: boolean): number {
    const count = prepare(process, input, toLength(length, PASSED_BYTES), blocking);
    return count <= 0 ? count : input.take(process, PASSING, 0, count);
  }

  function skipObject(object: object, length: bigint, blocking: boolean): bigint {
    const process = host.enter();
    const count = skip(process, resourceOf(host, Input, object), length, blocking);
    if (count < 0) throw streamError(host, errors, count);
    return BigInt(count);
  }

  class InputStream {
    read(length: bigint): Uint8Array {
      return read(this, length, false);
    }

    blockingRead(length: bigint): Uint8Array {
      return read(this, length, true);
    }

    skip(length: bigint): bigint {
      return skipObject(this, length, false);
    }

    blockingSkip(length: bigint): bigint {
      return skipObject(this, length, true);
    }

    subscribe(): PollableForm {
      host.enter();
      const input = resourceOf(host, Input, this);
      return poll.pollable(input.waitable, input);
    }
  }

  const directRead =
    (blocking: boolean) =>
    (lowering: Lowering) =>
    (self: number, length: bigint, out: number): void => {
      const process = host.enter();
      const input = lowering.resource(Input, SELF, self);
      const at = lowering.at(out, LIST_RESULT_BYTES, 4);
      const count = prepare(process, input, toLength(length, MAX_READ_BYTES), blocking);
      if (count < 0) {
        putStreamError(lowering, ERROR, at, at + 4, count);
        return;
      }
      const address = lowering.allocate(count, 1);
      const { memory } = lowering;
      const taken = count === 0 ? 0 : input.take(process, memory.bytes, address, count);
      process.usage.readBytes += taken;
      memory.view.setUint8(at, 0);
      memory.view.setUint32(at + 4, address, true);
      memory.view.setUint32(at + 8, taken, true);
    };

  const directSkip =
    (blocking: boolean) =>
    (lowering: Lowering) =>
    (self: number, length: bigint, out: number): void => {
      const process = host.enter();
      const input = lowering.resource(Input, SELF, self);
      const at = lowering.at(out, COUNT_RESULT_BYTES, 8);
      putCount(lowering, at, skip(process, input, length, blocking));
    };

  lowerMethod(host, InputStream.prototype, "read", TYPES, directRead(false));
  lowerMethod(host, InputStream.prototype, "blockingRead", TYPES, directRead(true));
  lowerMethod(host, InputStream.prototype, "skip", TYPES, directSkip(false));
  lowerMethod(host, InputStream.prototype, "blockingSkip", TYPES, directSkip(true));
  subscribable(host, InputStream.prototype, Input, (input) => input.waitable);
  makeDroppable(host, InputStream, Input);
  return InputStream;
}

/** Writes a `result<u64, stream-error>`. */
export function putCount(lowering: Lowering, at: number, count: number): void {
  if (count < 0) {
    putStreamError(lowering, ERROR, at, at + 8, count);
    return;
  }
  const { memory } = lowering;
  memory.view.setUint8(at, 0);
  memory.setU64(at + 8, count);
}
