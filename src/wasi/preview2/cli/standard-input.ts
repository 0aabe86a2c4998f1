import { EBADF } from "../../../fs/errno.js";
import { TAKEN_STDIN, USED_STDIN } from "../../../fs/policy-board.js";
import { Input } from "../io/input.js";
import { CLOSED } from "../io/stream-error.js";
import { type Waitable, WAITS_FOR_STDIN } from "../io/waitable.js";
import type { Process } from "../process.js";

const STDIN_READY: Waitable = {
  waits: WAITS_FOR_STDIN,
  ready(process) {
    const { stdin } = process.context.stdio;
    if (process.lacks(TAKEN_STDIN) || process.loses(TAKEN_STDIN)) return true;
    return stdin.available() > 0 || stdin.ended();
  },
};

/** The process's standard input; a denied one is closed from the beginning. */
export class StandardInput extends Input {
  readonly waitable = STDIN_READY;

  prepare(process: Process, length: number): number {
    if (process.lacks(TAKEN_STDIN) || process.loses(TAKEN_STDIN)) {
      process.deny("stdio", "read", EBADF, "stdin");
      return CLOSED;
    }
    process.use(USED_STDIN);
    const { stdin } = process.context.stdio;
    const available = stdin.available();
    if (available > 0) return Math.min(available, length);
    return stdin.ended() ? CLOSED : 0;
  }

  take({ context }: Process, dst: Uint8Array, at: number, count: number): number {
    return Math.max(0, context.stdio.stdin.read(dst, at, count));
  }
}
