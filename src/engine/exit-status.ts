import type { ContainerAudit } from "./container-audit.js";
import type { ExitReason, GuestExit, GuestUsage, LimitName } from "../guest/guest-spec.js";

/** What a process has used. */
export interface Usage extends GuestUsage {
  /** Wall time, in ms; the same as {@link ExitStatus.durationMs}. */
  readonly wallMs: number;
}

/**
 * How a process ended. A non-zero code is data, not an exception.
 *
 * - `exited`: the program ended; `code` is its own (0 to 2^32 - 1).
 * - `trapped`: it ran into a trap; `code` is 134, `detail` says which. With `limit: "stack"`: its calls
 *   went too deep.
 * - `killed`: `kill`, `stop`, `remove` or a signal ended it; `code` is 137.
 * - `timeout`: `limits.timeoutMs` passed; `code` is 137.
 * - `limit`: another limit ended it; `code` is 137, `limit` says which, `detail` at what value.
 */
export interface ExitStatus {
  readonly code: number;
  readonly reason: ExitReason;
  readonly detail?: string;
  /** The limit that ended it: the name of the option, or `stack` or `heap`, which are none. */
  readonly limit?: LimitName;
  /** Wall time from the first instruction to the end, in ms. */
  readonly durationMs: number;
  readonly usage: Usage;
}

/** What `engine.run` answers: the exit status and the captured output. */
export interface RunResult extends ExitStatus {
  /** Bytes, at most `limits.stdoutBytes`. */
  readonly stdout: Buffer;
  /** Bytes, at most `limits.stderrBytes`. */
  readonly stderr: Buffer;
  /** Whether stdout or stderr had more than was kept. */
  readonly truncated: boolean;
  /** What was used and refused; with the option `audit` alone. */
  readonly audit?: ContainerAudit;
}

/** @internal */
export function toExitStatus(exit: GuestExit): ExitStatus {
  const { code, reason, detail, limit, durationMs, usage } = exit;
  return {
    code,
    reason,
    ...(detail === undefined ? undefined : { detail }),
    ...(limit === undefined ? undefined : { limit }),
    durationMs,
    usage: { wallMs: durationMs, ...usage },
  };
}
