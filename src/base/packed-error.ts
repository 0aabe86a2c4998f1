import { type ErrorCode, type ErrorDataByCode, SafedockError } from "./errors.js";

interface PackedError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly data: ErrorDataByCode[ErrorCode];
  readonly hint: string;
}

/** An error of ours as text, to be thrown again on the other side of a worker. */
export function packError(error: SafedockError): string {
  const { code, data, hint } = error;
  // The hint is the message's end, and is put there again.
  const message = error.message.slice(0, -` (${hint})`.length);
  return JSON.stringify({ code, message, data, hint } satisfies PackedError);
}

export function unpackError(text: string): SafedockError {
  const { code, message, data, hint } = JSON.parse(text) as PackedError;
  return new SafedockError(code, message, { data, hint });
}
