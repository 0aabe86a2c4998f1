/** The order for one process, as the app's thread gives it to a worker: plain data. */
import type { ContextSpec } from "../wasi/context-spec.js";

export interface GuestSpec extends ContextSpec {
  /** Largest size of all linear memories together, in bytes. */
  readonly memoryBytes: number;
  /** Wall time from the first instruction, in ms; undefined: none. */
  readonly timeoutMs?: number;
  /** Time on a processor, in ms, apart from what the process waits; undefined: none. */
  readonly cpuMs?: number;
  /** Names of the services that it may ask; they are those of `GuestIo.services`. */
  readonly services?: readonly string[];
  /**
   * What a component is run as: `"command"` (default) runs wasi:cli/run, `"calls"` waits for calls of its
   * functions, `"http"` for requests, `"http-fresh"` too, with an instance for each.
   */
  readonly program?: "command" | "calls" | "http" | "http-fresh";
  /** Of a component's imports, those that functions of the app provide: interface (or "") and function. */
  readonly hostFunctions?: readonly (readonly [string, string])[];
  /** Exported function to call in place of `_start`. */
  readonly entry?: string;
}

/** Whether the process stays until it is told to end. */
export function isServer({ program }: GuestSpec): boolean {
  return program !== undefined && program !== "command";
}

/** Why a process ended: its own exit, a kill, a trap, its time, or another limit. */
export type ExitReason = "exited" | "killed" | "trapped" | "timeout" | "limit";

/**
 * The limit that ended a process. Those without an option of their name: `stack`, the depth of its calls,
 * and `heap`, what its files and descriptors take in the worker.
 */
export type LimitName = "timeoutMs" | "cpuMs" | "memoryBytes" | "stack" | "heap";

/** What a process has used, counted by the host; also of one that was ended from outside. */
export interface GuestUsage {
  /**
   * Time on a processor, in ms, apart from what the process waited for its input, its reader or a clock.
   * Where the system does not tell a thread's time (Linux does, and is asked for processes with a limit on
   * it that take longer than a few ms), it is the wall time without such waits.
   */
  readonly cpuMs: number;
  /**
   * Peak size of the linear memories, in bytes. Of a process that was ended from outside: their size when
   * it last called the host.
   */
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
  /** The limit that ended it. */
  readonly limit?: LimitName;
  /** Wall time from the first instruction to the end, in ms. */
  readonly durationMs: number;
  readonly usage: GuestUsage;
}
