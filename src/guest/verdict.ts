import type { ExitReason, GuestExit, GuestUsage, LimitName } from "./guest-spec.js";

/** How a guest is to be reported that is ended from outside. */
export interface Verdict {
  readonly reason: ExitReason;
  readonly code: number;
  readonly detail: string | undefined;
  /** The limit that ended it, if one did. */
  readonly limit?: LimitName;
}

/** The code of a program that was ended from outside: what a shell says after SIGKILL. */
export const CODE_KILLED = 137;

export const KILLED: Verdict = { reason: "killed", code: CODE_KILLED, detail: undefined };

const NOTHING_USED: GuestUsage = {
  cpuMs: 0,
  memoryBytes: 0,
  readBytes: 0,
  writtenBytes: 0,
  hostCalls: 0,
};

/** The exit of a guest that was ended from outside; without `durationMs` and `usage` it has never begun. */
export function endedFromOutside(
  { code, reason, detail, limit }: Verdict,
  durationMs = 0,
  usage = NOTHING_USED,
): GuestExit {
  return {
    code,
    reason,
    ...(detail === undefined ? undefined : { detail }),
    ...(limit === undefined ? undefined : { limit }),
    durationMs,
    usage,
  };
}
