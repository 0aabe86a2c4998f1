/**
 * What a host function knows of the guest that calls it. One per worker, made once together with the
 * imports; `begin` and `end` point it at one process after the other.
 */
import type { Context } from "../context.js";
import type { ContextUsage } from "../context-spec.js";
import { ExitSignal } from "../exit-signal.js";
import { emptyStat, type Stat } from "../../fs/node.js";
import { OpenDirectory, OpenInput, OpenOutput } from "./descriptor.js";
import { DescriptorTable } from "./descriptor-table.js";
import { GuestMemory } from "./guest-memory.js";
import { ENCODER, encodeStrings, type StringBlock } from "./guest-string.js";

/** One running guest. */
export class Process {
  readonly context: Context;
  readonly usage: ContextUsage;
  readonly descriptors: DescriptorTable;
  #args: StringBlock | undefined;
  #environ: StringBlock | undefined;

  constructor(context: Context) {
    this.context = context;
    this.usage = context.usage;
    const { stdio } = context;
    const table = new DescriptorTable(context.limits.openFiles);
    table.add(new OpenInput(stdio.stdin));
    table.add(new OpenOutput(stdio.stdout));
    table.add(new OpenOutput(stdio.stderr));
    for (const preopen of context.namespace.preopens) {
      const directory = new OpenDirectory(preopen.location, ENCODER.encode(preopen.name));
      if (table.add(directory) < 0) directory.close();
    }
    this.descriptors = table;
  }

  get args(): StringBlock {
    return (this.#args ??= encodeStrings(this.context.args));
  }

  get environ(): StringBlock {
    return (this.#environ ??= encodeStrings(this.context.env));
  }
}

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
    this.memory.attach(memory);
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
    return process;
  }
}
