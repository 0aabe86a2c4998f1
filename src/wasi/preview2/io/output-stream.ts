/** `wasi:io/streams.output-stream`. */
import type { Host } from "../host.js";
import { BLOCKING_WRITE_BYTES } from "../limits.js";
import { type Lowering, lowerMethod } from "../lowering.js";
import { makeDroppable, type ObjectClass, resourceOf } from "../object-form.js";
import type { Process } from "../process.js";
import { toLength } from "../to-length.js";
import { ErrorResource } from "./error.js";
import { Input } from "./input.js";
import { COUNT_RESULT_BYTES, PASSED_BYTES, PASSING, putCount } from "./input-stream.js";
import { Output } from "./output.js";
import { type PollableForm, type PollInterface, subscribable } from "./poll.js";
import { putStreamError, streamError } from "./stream-error.js";

const TYPES = [ErrorResource, Output] as const;
const SPLICE_TYPES = [ErrorResource, Input, Output] as const;
const ERROR = 0;
const SELF = 1;
const SPLICE_SOURCE = 1;
const SPLICE_SELF = 2;

/** `result<_, stream-error>`: case 0, error 4. */
const RESULT_BYTES = 12;
/** More than any permit. */
const ANY_LENGTH = Number.MAX_SAFE_INTEGER;

/** What both forms do. */
class Writer {
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  check(process: Process, output: Output): number {
    const room = output.room(process);
    output.permitted = Math.max(room, 0);
    return room;
  }

  /** Takes what is to be written off what the guest may write. */
  spend(output: Output, length: number): void {
    if (length > output.permitted)
      this.#host.trap("a write of more than check-write has permitted");
    output.permitted -= length;
  }

  checkBlocking(length: number): void {
    if (length > BLOCKING_WRITE_BYTES)
      this.#host.trap(`a blocking write of more than ${BLOCKING_WRITE_BYTES} bytes`);
  }

  write(process: Process, output: Output, src: Uint8Array, at: number, length: number): number {
    this.spend(output, length);
    return counted(process, length, output.write(process, src, at, length));
  }

  writeAll(process: Process, output: Output, src: Uint8Array, at: number, length: number): number {
    this.checkBlocking(length);
    return counted(process, length, output.writeAll(process, src, at, length));
  }

  writeZeros(process: Process, output: Output, length: bigint): number {
    const count = toLength(length, ANY_LENGTH);
    this.spend(output, count);
    return counted(process, count, output.writeZeros(process, count));
  }

  writeAllZeros(process: Process, output: Output, length: bigint): number {
    const count = toLength(length, ANY_LENGTH);
    this.checkBlocking(count);
    return counted(process, count, output.writeAllZeros(process, count));
  }

  flush(process: Process, output: Output): number {
    return output.flush(process);
  }

  blockingFlush(process: Process, output: Output): number {
    const answer = output.flush(process);
    return answer < 0 ? answer : output.drain(process);
  }

  /** Bytes that have gone from one stream to the other. */
  splice(
    process: Process,
    output: Output,
    input: Input,
    length: bigint,
    blocking: boolean,
  ): number {
    const room = blocking ? output.awaitRoom(process) : output.room(process);
    if (room <= 0) return room;
    const wanted = Math.min(toLength(length, PASSED_BYTES), room);
    const count =
      blocking && wanted > 0 ? input.await(process, wanted) : input.prepare(process, wanted);
    if (count <= 0) return count;
    const taken = input.take(process, PASSING, 0, count);
    process.usage.readBytes += taken;
    const answer = counted(process, taken, output.write(process, PASSING, 0, taken));
    return answer < 0 ? answer : taken;
  }
}

function counted(process: Process, length: number, answer: number): number {
  if (answer === 0) process.usage.writtenBytes += length;
  return answer;
}

export function outputStreamClass(host: Host, errors: ObjectClass<object>, poll: PollInterface) {
  const writer = new Writer(host);

  /** The object form of a call that answers -errno, or something of use. */
  function call(object: object, act: (process: Process, output: Output) => number): number {
    const process = host.enter();
    const answer = act(process, resourceOf(host, Output, object));
    if (answer < 0) throw streamError(host, errors, answer);
    return answer;
  }

  class OutputStream {
    checkWrite(): bigint {
      return BigInt(call(this, (process, output) => writer.check(process, output)));
    }

    write(contents: Uint8Array): void {
      call(this, (process, output) => writer.write(process, output, contents, 0, contents.length));
    }

    blockingWriteAndFlush(contents: Uint8Array): void {
      call(this, (process, output) =>
        writer.writeAll(process, output, contents, 0, contents.length),
      );
    }

    flush(): void {
      call(this, (process, output) => writer.flush(process, output));
    }

    blockingFlush(): void {
      call(this, (process, output) => writer.blockingFlush(process, output));
    }

    subscribe(): PollableForm {
      host.enter();
      const output = resourceOf(host, Output, this);
      return poll.pollable(output.waitable, output);
    }

    writeZeroes(length: bigint): void {
      call(this, (process, output) => writer.writeZeros(process, output, length));
    }

    blockingWriteZeroesAndFlush(length: bigint): void {
      call(this, (process, output) => writer.writeAllZeros(process, output, length));
    }

    splice(source: object, length: bigint): bigint {
      const input = resourceOf(host, Input, source);
      return BigInt(
        call(this, (process, output) => writer.splice(process, output, input, length, false)),
      );
    }

    blockingSplice(source: object, length: bigint): bigint {
      const input = resourceOf(host, Input, source);
      return BigInt(
        call(this, (process, output) => writer.splice(process, output, input, length, true)),
      );
    }
  }

  const form = OutputStream.prototype;

  lowerMethod(host, form, "checkWrite", TYPES, (lowering) => (self: number, out: number): void => {
    const process = host.enter();
    const output = lowering.resource(Output, SELF, self);
    const at = lowering.at(out, COUNT_RESULT_BYTES, 8);
    putCount(lowering, at, writer.check(process, output));
  });

  const directWrite =
    (blocking: boolean) =>
    (lowering: Lowering) =>
    (self: number, contents: number, length: number, out: number): void => {
      const process = host.enter();
      const output = lowering.resource(Output, SELF, self);
      const at = lowering.at(out, RESULT_BYTES, 4);
      const count = length >>> 0;
      const from = lowering.at(contents, count, 1);
      const { bytes } = lowering.memory;
      const answer = blocking
        ? writer.writeAll(process, output, bytes, from, count)
        : writer.write(process, output, bytes, from, count);
      putDone(lowering, at, answer);
    };
  lowerMethod(host, form, "write", TYPES, directWrite(false));
  lowerMethod(host, form, "blockingWriteAndFlush", TYPES, directWrite(true));

  const directFlush =
    (blocking: boolean) =>
    (lowering: Lowering) =>
    (self: number, out: number): void => {
      const process = host.enter();
      const output = lowering.resource(Output, SELF, self);
      const at = lowering.at(out, RESULT_BYTES, 4);
      putDone(
        lowering,
        at,
        blocking ? writer.blockingFlush(process, output) : writer.flush(process, output),
      );
    };
  lowerMethod(host, form, "flush", TYPES, directFlush(false));
  lowerMethod(host, form, "blockingFlush", TYPES, directFlush(true));

  const directZeros =
    (blocking: boolean) =>
    (lowering: Lowering) =>
    (self: number, length: bigint, out: number): void => {
      const process = host.enter();
      const output = lowering.resource(Output, SELF, self);
      const at = lowering.at(out, RESULT_BYTES, 4);
      const answer = blocking
        ? writer.writeAllZeros(process, output, length)
        : writer.writeZeros(process, output, length);
      putDone(lowering, at, answer);
    };
  lowerMethod(host, form, "writeZeroes", TYPES, directZeros(false));
  lowerMethod(host, form, "blockingWriteZeroesAndFlush", TYPES, directZeros(true));

  const directSplice =
    (blocking: boolean) =>
    (lowering: Lowering) =>
    (self: number, source: number, length: bigint, out: number): void => {
      const process = host.enter();
      const output = lowering.resource(Output, SPLICE_SELF, self);
      const input = lowering.resource(Input, SPLICE_SOURCE, source);
      const at = lowering.at(out, COUNT_RESULT_BYTES, 8);
      putCount(lowering, at, writer.splice(process, output, input, length, blocking));
    };
  lowerMethod(host, form, "splice", SPLICE_TYPES, directSplice(false));
  lowerMethod(host, form, "blockingSplice", SPLICE_TYPES, directSplice(true));

  subscribable(host, form, Output, (output) => output.waitable);
  makeDroppable(host, OutputStream, Output);
  return OutputStream;
}

/** Writes a `result<_, stream-error>`. */
function putDone(lowering: Lowering, at: number, answer: number): void {
  if (answer < 0) putStreamError(lowering, ERROR, at, at + 4, answer);
  else lowering.memory.view.setUint8(at, 0);
}
