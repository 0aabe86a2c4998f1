import { type ErrorCode, type ErrorDataByCode, SafedockError } from "../base/errors.js";

interface PackedError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly data: ErrorDataByCode[ErrorCode];
}

/** An error of ours as text, to be thrown again on the other side of a worker. */
export function packError(error: SafedockError): string {
  const { code, message, data } = error;
  return JSON.stringify({ code, message, data } satisfies PackedError);
}

export function unpackError(text: string): SafedockError {
  const { code, message, data } = JSON.parse(text) as PackedError;
  return new SafedockError(code, message, { data });
}
