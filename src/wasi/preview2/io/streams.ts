/** wasi:io/streams. */
import type { Host } from "../host.js";
import { objectOf } from "../object-form.js";
import type { ErrorInterface } from "./error.js";
import type { Input } from "./input.js";
import { inputStreamClass } from "./input-stream.js";
import type { Output } from "./output.js";
import { outputStreamClass } from "./output-stream.js";
import type { PollInterface } from "./poll.js";

export type InputStreamForm = ReturnType<typeof inputStreamClass>["prototype"];
export type OutputStreamForm = ReturnType<typeof outputStreamClass>["prototype"];

/** What other interfaces make streams with. */
export type StreamsInterface = ReturnType<typeof streamsInterface>;

export function streamsInterface(host: Host, { error }: ErrorInterface, poll: PollInterface) {
  const InputForm = inputStreamClass(host, error.Error, poll);
  const OutputForm = outputStreamClass(host, error.Error, poll);
  return {
    streams: { InputStream: InputForm, OutputStream: OutputForm },
    /** The object forms of streams. */
    input: (input: Input): InputStreamForm => objectOf(host, InputForm, input),
    output: (output: Output): OutputStreamForm => objectOf(host, OutputForm, output),
  };
}
