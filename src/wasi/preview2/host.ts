/**
 * What all functions of WASI 0.2 know of the guest that calls them. One per worker; `begin` and `end`
 * point it at one process after the other.
 */
import { emptyStat, type Stat } from "../../fs/node.js";
import type { Context } from "../context.js";
import { ExitSignal } from "../exit-signal.js";
import { GuestMemory } from "../guest-memory.js";
import { Process } from "./process.js";
import type { ResourceTable, Trap } from "./resource.js";

export class Host {
  readonly exit = new ExitSignal();
  /** Scratch for calls that ask a file or directory for its attributes. */
  readonly stat: Stat = emptyStat();
  #process: Process | undefined;
  /** The process, as long as it may call: not while it allocates for a call, and not once it has exited. */
  #calling: Process | undefined;
  #trapped: Error | undefined;
  /** The guest's allocator runs for a call. */
  #allocating = false;
  /** Of functions that need none. */
  readonly noMemory = new GuestMemory();
  readonly #memories = new Map<WebAssembly.Memory, GuestMemory>();

  begin(context: Context): void {
    this.end();
    this.exit.code = undefined;
    this.#trapped = undefined;
    this.#allocating = false;
    this.#process = new Process(context, this.trap);
    this.#calling = this.#process;
  }

  /** Closes what the guest left open and its namespace, and forgets its memories. */
  end(): void {
    const process = this.#process;
    this.#process = undefined;
    this.#calling = undefined;
    for (const memory of this.#memories.values()) memory.attach(undefined);
    this.#memories.clear();
    process?.end();
  }

  /** The first thing that every function does: the process that calls. */
  enter(): Process {
    const process = this.#calling;
    if (process === undefined) return this.#refuse();
    process.usage.hostCalls++;
    if (process.policy !== undefined) {
      const taken = process.policy.taken();
      if (taken !== process.taken) process.lose(taken);
    }
    return process;
  }

  #refuse(): never {
    if (this.#allocating && this.#trapped === undefined) this.trap("an allocator calls its host");
    throw this.#trapped ?? this.exit;
  }

  /** Ends the guest as a fault of its own; a guest that catches it gets it again, whatever it calls. */
  readonly trap: Trap = (reason) => {
    this.#trapped ??= new WebAssembly.RuntimeError(reason);
    this.#calling = undefined;
    throw this.#trapped;
  };

  /** From here on every call throws the signal, whether or not the guest has caught it. */
  leave(code: number): never {
    this.enter();
    this.exit.code = code;
    this.#calling = undefined;
    throw this.exit;
  }

  /** Calls into the guest from within one of its calls: it may compute, but not call back. */
  callBack<T>(call: () => T): T {
    const calling = this.#calling;
    this.#calling = undefined;
    this.#allocating = true;
    const answer = call();
    this.#allocating = false;
    this.#calling = calling;
    return answer;
  }

  /** A resource table lives as long as its process. */
  get resources(): ResourceTable {
    const process = this.#process;
    if (process === undefined) throw this.exit;
    return process.resources;
  }

  memory(memory: WebAssembly.Memory): GuestMemory {
    let known = this.#memories.get(memory);
    if (known === undefined) {
      known = new GuestMemory();
      known.attach(memory, this.#process?.usage);
      this.#memories.set(memory, known);
    }
    return known;
  }
}
