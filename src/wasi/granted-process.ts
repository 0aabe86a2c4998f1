import { EPERM, type Errno } from "../fs/errno.js";
import type { DenialKind } from "../fs/denial.js";
import type { Stat } from "../fs/node.js";
import { type PolicyRecord, TAKEN_CLOCK, TAKEN_RANDOM } from "../fs/policy-board.js";
import { escapes } from "../fs/resolve.js";
import type { Context } from "./context.js";
import type { ContextUsage } from "./context-spec.js";
import { pathFrom } from "./guest-path.js";

/** All USED_* bits there are. */
const ALL_BITS = -1;

/** Escapes of this thread that were told. */
let escapesTold = escapes;

/** One running guest and its use of what it was granted, in any WASI version. */
export class GrantedProcess {
  readonly context: Context;
  readonly usage: ContextUsage;
  readonly policy: PolicyRecord | undefined;
  /** TAKEN_* bits that the process does without already. */
  taken = 0;
  /** USED_* bits that need not be noted any more. */
  #noted: number;

  constructor(context: Context) {
    this.context = context;
    this.usage = context.usage;
    this.policy = context.policy;
    this.#noted = context.policy === undefined ? ALL_BITS : 0;
  }

  /** Notes the use of a grant: USED_* bits. */
  use(bits: number): void {
    if ((this.#noted & bits) === bits) return;
    this.#noted |= bits;
    this.policy?.use(bits);
  }

  /** Does from here on without what was taken back: TAKEN_* bits. */
  lose(taken: number): void {
    this.taken = taken;
    if ((taken & TAKEN_CLOCK) !== 0) this.context.loseClock();
    if ((taken & TAKEN_RANDOM) !== 0) this.context.loseRandom();
  }

  /** Tells of a call that was refused; answers its errno. */
  deny(kind: DenialKind, call: string, errno: number, path?: string): number {
    const { denials } = this.context;
    if (denials !== undefined) {
      denials.denied(path === undefined ? { kind, call, errno } : { kind, call, path, errno });
    }
    return errno;
  }

  /** The errno of a path's call, with a word to the app if the path has led out of `directory`. */
  answerPath(call: string, answer: Errno, directory: string, path: string): number {
    if (answer !== -EPERM || escapes === escapesTold) return 0 - answer;
    escapesTold = escapes;
    return this.deny("fs", call, EPERM, pathFrom(directory, path));
  }

  /** A process whose clock was taken back learns the time of no file that is newer than its own time. */
  hideNewer(stat: Stat): void {
    if ((this.taken & TAKEN_CLOCK) === 0) return;
    const now = this.context.clock.realtime();
    if (stat.atime > now) stat.atime = now;
    if (stat.mtime > now) stat.mtime = now;
    if (stat.ctime > now) stat.ctime = now;
  }
}
