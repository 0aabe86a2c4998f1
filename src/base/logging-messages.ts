/**
 * What a guest and the app say to each other about `wasi:logging`: op `log` of service `logging` with a
 * {@link LogRequest}, answered with the lowest level that the app wants to hear of from now on.
 */
export const LOGGING_SERVICE = "logging";

/** A level of `wasi:logging`. */
export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "critical";

/** The lowest first. */
export const LOG_LEVELS: readonly LogLevel[] = [
  "trace",
  "debug",
  "info",
  "warn",
  "error",
  "critical",
];

export interface LogRequest {
  readonly level: LogLevel;
  readonly context: string;
  readonly message: string;
}
