/**
 * What a host function knows of the guest that calls it. One per worker, made once together with the
 * imports; `begin` and `end` point it at one process after the other.
 */
import type { Context } from "../context.js";
import { ExitSignal } from "../exit-signal.js";
import { emptyStat, type Stat } from "../../fs/node.js";
import { GuestMemory } from "../guest-memory.js";
import { Process } from "./process.js";

export class Caller {
  readonly memory = new GuestMemory();
  readonly exit = new ExitSignal();
  /** Scratch for calls that ask a file or directory for its attributes. */
  readonly stat: Stat = emptyStat();
  #process: Process | undefined;

  begin(context: Context, memory: WebAssembly.Memory): void {
    if (this.#process?.context !== context) {
      this.end();
      this.exit.code = undefined;
      this.#process = new Process(context);
    }
    this.memory.attach(memory, context.usage);
  }

  /** Closes what the guest left open and its namespace, and forgets its memory. */
  end(): void {
    const process = this.#process;
    this.#process = undefined;
    this.memory.attach(undefined);
    process?.descriptors.closeAll();
    process?.context.namespace.close();
  }

  /**
   * The first thing that every host function does: the process that calls. A guest that has exited and
   * caught the signal gets it again, whatever it calls.
   */
  enter(): Process {
    const process = this.#process;
    if (process === undefined || this.exit.code !== undefined) throw this.exit;
    process.usage.hostCalls++;
    if (process.policy !== undefined) {
      const taken = process.policy.taken();
      if (taken !== process.taken) process.lose(taken);
    }
    return process;
  }
}
