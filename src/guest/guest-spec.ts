/** The order for one process, as the app's thread gives it to a worker: plain data. */
import type { ContextSpec } from "../wasi/context-spec.js";

export interface GuestSpec extends ContextSpec {
  /** Largest size of all linear memories together, in bytes; undefined: the module's own maximum. */
  readonly memoryBytes: number;
  /** Wall time from the first instruction, in ms; undefined: none. */
  readonly timeoutMs?: number;
  /** Exported function to call in place of `_start`. */
  readonly entry?: string;
}

/** Why a process ended: its own exit, a kill, a trap, its time, or another limit. */
export type ExitReason = "exited" | "killed" | "trapped" | "timeout" | "limit";

/** What a process has used, counted by the host. */
export interface GuestUsage {
  /** Peak size of the linear memories, in bytes. All are 0 for a guest that was ended from outside. */
  readonly memoryBytes: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
  readonly hostCalls: number;
}

/** How a process ended. */
export interface GuestExit {
  /** The program's code; 137 when killed, by a time-out or a limit, 134 after a trap. */
  readonly code: number;
  readonly reason: ExitReason;
  /** What trapped, or which limit ended it and at what value. */
  readonly detail?: string;
  /** Wall time from the first instruction to the end, in ms. */
  readonly durationMs: number;
  readonly usage: GuestUsage;
}
