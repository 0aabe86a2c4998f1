import type { ExitReason, GuestExit } from "./guest-spec.js";

/** How a guest is to be reported that is ended from outside. */
export interface Verdict {
  readonly reason: ExitReason;
  readonly code: number;
  readonly detail: string | undefined;
}

/** The code of a program that was ended from outside: what a shell says after SIGKILL. */
export const CODE_KILLED = 137;

export const KILLED: Verdict = { reason: "killed", code: CODE_KILLED, detail: undefined };

/** The exit of a guest that was ended from outside, or never begun. */
export function endedFromOutside({ code, reason, detail }: Verdict, durationMs: number): GuestExit {
  return {
    code,
    reason,
    ...(detail === undefined ? undefined : { detail }),
    durationMs,
    usage: { memoryBytes: 0, readBytes: 0, writtenBytes: 0, hostCalls: 0 },
  };
}
