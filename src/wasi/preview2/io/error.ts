/** wasi:io/error. */
import type { Host } from "../host.js";
import { lowerMethod } from "../lowering.js";
import { makeDroppable, resourceOf } from "../object-form.js";
import { Resource } from "../resource.js";
import { errorCodeName } from "../filesystem/error-code.js";
import { problemName } from "../http/error-code.js";

/** What a stream's last operation has failed with. */
export class ErrorResource extends Resource {
  /** As the stream has it; undefined: `text` says what it is. */
  readonly problem: number | undefined;
  readonly #text: string | undefined;

  constructor(error: number | string) {
    super();
    this.problem = typeof error === "number" ? error : undefined;
    this.#text = typeof error === "string" ? error : undefined;
  }

  /** Undefined: it is no error of a file. */
  get errno(): number | undefined {
    return problemName(this.problem) === undefined ? this.problem : undefined;
  }

  get text(): string {
    return this.#text ?? problemName(this.problem) ?? errorCodeName(this.problem ?? 0);
  }
}

export type ErrorInterface = ReturnType<typeof errorInterface>;

export function errorInterface(host: Host) {
  class StreamError {
    toDebugString(): string {
      host.enter();
      return resourceOf(host, ErrorResource, this).text;
    }
  }

  lowerMethod(
    host,
    StreamError.prototype,
    "toDebugString",
    [ErrorResource],
    (lowering) =>
      (self: number, out: number): void => {
        host.enter();
        const { text } = lowering.resource(ErrorResource, 0, self);
        lowering.putText(lowering.at(out, 8, 4), text);
      },
  );
  makeDroppable(host, StreamError, ErrorResource);
  return { error: { Error: StreamError } };
}
