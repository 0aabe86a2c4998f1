/** wasi:logging/logging. */
import {
  LOG_LEVELS,
  LOGGING_SERVICE,
  type LogLevel,
  type LogRequest,
} from "../../../base/logging-messages.js";
import { EACCES } from "../../../fs/errno.js";
import type { Host } from "../host.js";
import type { Process } from "../process.js";

/** Characters that are handed over: the app's side cuts at less. */
const MAX_TEXT = 65_536;

/** The lowest level that the app wants to hear of; -1 until it has said so. */
interface Wish {
  lowest: number;
}

export function loggingInterface(host: Host) {
  const wishes = new WeakMap<Process, Wish>();

  return {
    /** Waits until the app has it: a guest logs no faster than that. */
    log(level: LogLevel, context: string, message: string): void {
      const process = host.enter();
      const { host: app } = process.context;
      if (!app.offers(LOGGING_SERVICE)) {
        process.deny("logging", "log", EACCES);
        return;
      }
      let wish = wishes.get(process);
      if (wish === undefined) wishes.set(process, (wish = { lowest: -1 }));
      if (LOG_LEVELS.indexOf(level) < wish.lowest) return;
      const request: LogRequest = {
        level,
        context: context.slice(0, MAX_TEXT),
        message: message.slice(0, MAX_TEXT),
      };
      const answer = app.call(LOGGING_SERVICE, "log", request);
      const lowest = answer.ok ? (answer.head as LogLevel | undefined) : undefined;
      if (lowest !== undefined) wish.lowest = LOG_LEVELS.indexOf(lowest);
    },
  };
}
