/**
 * What a guest and the app say to each other about `wasi:logging`: op `log` of service `logging` with a
 * {@link LogRequest}, answered with the lowest level that the app wants to hear of from now on.
 */
export const LOGGING_SERVICE = "logging";

/** Levels of `wasi:logging`, the lowest first. */
export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "critical"] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogRequest {
  readonly level: LogLevel;
  readonly context: string;
  readonly message: string;
}
