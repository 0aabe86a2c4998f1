import { isSafedockError, SafedockError, type ErrorCode } from "../base/errors.js";

/** A request that no guest gets. `status`: what a server answers. */
export function invalidRequest(problem: string, status = 400): SafedockError {
  return new SafedockError("ERR_HTTP_REQUEST_INVALID", `no request for a guest: ${problem}`, {
    data: { problem, status },
  });
}

/** An answer that no client gets. */
export function invalidResponse(problem: string, cause?: unknown): SafedockError {
  return new SafedockError("ERR_HTTP_RESPONSE_INVALID", `the guest's answer: ${problem}`, {
    data: { problem },
    cause,
  });
}

/** How a guest ended that was to answer; of `ExitStatus`. */
interface Ending {
  readonly code: number;
  readonly reason: string;
  readonly detail?: string;
}

/** A guest that ended, but not by itself, before its answer was complete. */
export function endedEarly({ code, reason, detail }: Ending): SafedockError {
  const why = detail === undefined ? reason : `${reason}: ${detail}`;
  const data = { code, reason, ...(detail === undefined ? undefined : { detail }) };
  if (reason === "timeout") {
    return new SafedockError("ERR_HTTP_TIMEOUT", `the guest did not answer in time (${why})`, {
      data,
    });
  }
  return new SafedockError("ERR_HTTP_TRAPPED", `the guest ended before its answer did (${why})`, {
    data,
  });
}

const STATUS_OF: ReadonlyMap<ErrorCode, number> = new Map([
  ["ERR_HTTP_RESPONSE_INVALID", 502],
  ["ERR_HTTP_TIMEOUT", 504],
  ["ERR_QUEUE_FULL", 503],
  ["ERR_CONTAINER_STATE", 503],
  ["ERR_ENGINE_CLOSED", 503],
]);

/** The status that tells a client of a failure; 500 for what is not known. */
export function statusOfFailure(error: unknown): number {
  if (isSafedockError(error, "ERR_HTTP_REQUEST_INVALID")) return error.data.status;
  return (isSafedockError(error) ? STATUS_OF.get(error.code) : undefined) ?? 500;
}
