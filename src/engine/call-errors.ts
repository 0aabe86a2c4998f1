import { SafedockError } from "../base/errors.js";
import type { ExitStatus } from "./exit-status.js";

export function callInvalid(label: string, problem: string): SafedockError {
  return new SafedockError("ERR_CALL_INVALID", `${label} cannot be called so: ${problem}`, {
    data: { function: label, problem },
    hint: "give arguments of the types that the component's world says",
  });
}

export function callFailed(label: string, payload: unknown): SafedockError {
  return new SafedockError("ERR_CALL_FAILED", `${label} has failed`, {
    data: { function: label, payload },
    hint: "its error is data.payload",
  });
}

function hintFor(limit: ExitStatus["limit"]): string {
  if (limit === undefined) return "the next call begins with a new instance";
  const less = "let it do less in one call";
  // Nobody can raise those.
  return limit === "heap" || limit === "stack" ? less : `raise limits.${limit}, or ${less}`;
}

export function callTrapped(label: string, status: ExitStatus): SafedockError {
  const { reason, limit, detail } = status;
  const why = detail === undefined ? reason : `${reason}, ${detail}`;
  return new SafedockError(
    "ERR_CALL_TRAPPED",
    `${label} did not return: its instance ended (${why})`,
    {
      data: { function: label, status },
      hint: hintFor(limit),
    },
  );
}
