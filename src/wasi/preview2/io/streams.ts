/** wasi:io/streams. */
import type {
  InputStream,
  OutputStream,
} from "@bytecodealliance/preview2-shim/interfaces/wasi-io-streams";
import type { Host } from "../host.js";
import { type ObjectClass, objectOf } from "../object-form.js";
import type { ErrorInterface } from "./error.js";
import type { Input } from "./input.js";
import { inputStreamClass } from "./input-stream.js";
import type { Output } from "./output.js";
import { outputStreamClass } from "./output-stream.js";
import type { PollInterface } from "./poll.js";

/** What other interfaces make streams with. */
export interface StreamsInterface {
  readonly streams: {
    readonly InputStream: ObjectClass<InputStream>;
    readonly OutputStream: ObjectClass<OutputStream>;
  };
  /** The object forms of streams. */
  input(input: Input): InputStream;
  output(output: Output): OutputStream;
}

export function streamsInterface(
  host: Host,
  { error }: ErrorInterface,
  poll: PollInterface,
): StreamsInterface {
  const InputForm = inputStreamClass(host, error.Error, poll);
  const OutputForm = outputStreamClass(host, error.Error, poll);
  return {
    streams: { InputStream: InputForm, OutputStream: OutputForm },
    input: (input) => objectOf(host, InputForm, input),
    output: (output) => objectOf(host, OutputForm, output),
  };
}
