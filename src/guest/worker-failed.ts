import { SafedockError } from "../base/errors.js";

export function workerFailed(problem: string): SafedockError<"ERR_WORKER_FAILED"> {
  return new SafedockError("ERR_WORKER_FAILED", `The guest's worker failed: ${problem}`, {
    data: { problem },
  });
}
