import type { HostReply, HostService } from "../base/host-service.js";
import { LOG_LEVELS, type LogLevel, type LogRequest } from "../base/logging-messages.js";

/** Characters of a message and of a context that are handed on. */
export const MAX_LOG_MESSAGE = 16_384;
export const MAX_LOG_CONTEXT = 256;
/** Records of one container that are handed on in a second. */
export const MAX_LOG_RECORDS = 1000;
const SECOND_MS = 1000;

/** What a guest has logged, cut to size. */
export interface LogRecord {
  readonly level: LogLevel;
  readonly context: string;
  /** At most 16,384 characters; `truncated` if there were more. */
  readonly message: string;
  readonly truncated: boolean;
  /** Records before this one that were too many in their second. */
  readonly suppressed: number;
  /** ms since 1970, by the host's clock. */
  readonly time: number;
}

/** How much the processes of one container log: a flood of it is a count. */
export class LogRate {
  #second = -Infinity;
  #count = 0;
  #suppressed = 0;

  /** Undefined: one too many. Else how many have been since the last that was not. */
  pass(): number | undefined {
    const now = performance.now();
    if (now - this.#second >= SECOND_MS) {
      this.#second = now;
      this.#count = 0;
    }
    if (this.#count === MAX_LOG_RECORDS) {
      this.#suppressed++;
      return undefined;
    }
    this.#count++;
    const suppressed = this.#suppressed;
    this.#suppressed = 0;
    return suppressed;
  }
}

export interface LoggingParts {
  /** The lowest level that is granted now; undefined: none. */
  lowest(): LogLevel | undefined;
  readonly rate: LogRate;
  emit(message: LogRecord): void;
  refused(): void;
}

/** What one process logs. */
export class LoggingService implements HostService {
  readonly #parts: LoggingParts;

  constructor(parts: LoggingParts) {
    this.#parts = parts;
  }

  call(_op: string, head: unknown): HostReply {
    const { level, context, message } = head as LogRequest;
    const parts = this.#parts;
    const least = parts.lowest();
    if (least === undefined) {
      parts.refused();
      return { head: undefined };
    }
    if (LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(least)) {
      const suppressed = parts.rate.pass();
      if (suppressed !== undefined) {
        parts.emit({
          level,
          context: context.slice(0, MAX_LOG_CONTEXT),
          message: message.slice(0, MAX_LOG_MESSAGE),
          truncated: message.length > MAX_LOG_MESSAGE || context.length > MAX_LOG_CONTEXT,
          suppressed,
          time: Date.now(),
        });
      }
    }
    return { head: least };
  }
}
