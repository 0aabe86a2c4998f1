import { EBADF, EPERM, type Errno } from "../../fs/errno.js";
import type { DenialKind } from "../../fs/denial.js";
import {
  type PolicyRecord,
  TAKEN_CLOCK,
  TAKEN_RANDOM,
  TAKEN_STDERR,
  TAKEN_STDIN,
  TAKEN_STDOUT,
  USED_STDERR,
  USED_STDOUT,
} from "../../fs/policy-board.js";
import { escapes } from "../../fs/resolve.js";
import type { Context } from "../context.js";
import type { ContextUsage } from "../context-spec.js";
import {
  type Descriptor,
  KIND_INPUT,
  KIND_OUTPUT,
  OpenDirectory,
  OpenInput,
  OpenOutput,
} from "./descriptor.js";
import { DescriptorTable } from "./descriptor-table.js";
import { HeldLists } from "./held-lists.js";
import { pathFrom } from "./guest-path.js";
import { ENCODER, encodeStrings, type StringBlock } from "./guest-string.js";

/** All USED_* bits there are. */
const ALL_BITS = -1;

/** Escapes of this thread that were told. */
let escapesTold = escapes;

/** One running guest. */
export class Process {
  readonly context: Context;
  readonly usage: ContextUsage;
  readonly descriptors: DescriptorTable;
  readonly policy: PolicyRecord | undefined;
  /** TAKEN_* bits that the process does without already. */
  taken = 0;
  /** USED_* bits that need not be noted any more. */
  #noted: number;
  #lists: HeldLists | undefined;
  #args: StringBlock | undefined;
  #environ: StringBlock | undefined;

  constructor(context: Context) {
    this.context = context;
    this.usage = context.usage;
    this.policy = context.policy;
    this.#noted = context.policy === undefined ? ALL_BITS : 0;
    const { modes, stdio } = context;
    const table = new DescriptorTable(context.limits.openFiles);
    table.add(new OpenInput(stdio.stdin));
    table.add(new OpenOutput(stdio.stdout, USED_STDOUT));
    table.add(new OpenOutput(stdio.stderr, USED_STDERR));
    for (const { name, location } of context.namespace.preopens) {
      const directory = new OpenDirectory(location, ENCODER.encode(name), name);
      if (table.add(directory) < 0) directory.close();
    }
    this.descriptors = table;
    if (modes !== undefined) {
      this.#withhold(
        (modes.stdin === "denied" ? TAKEN_STDIN : 0) |
          (modes.stdout === "denied" ? TAKEN_STDOUT : 0) |
          (modes.stderr === "denied" ? TAKEN_STDERR : 0),
      );
    }
  }

  get lists(): HeldLists {
    return (this.#lists ??= new HeldLists());
  }

  get args(): StringBlock {
    return (this.#args ??= encodeStrings(this.context.args));
  }

  get environ(): StringBlock {
    return (this.#environ ??= encodeStrings(this.context.env));
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
    this.#withhold(taken);
  }

  /** Tells of a call that was refused; answers its errno. */
  deny(kind: DenialKind, call: string, errno: number, path?: string): number {
    const { denials } = this.context;
    if (denials !== undefined) {
      denials.denied(path === undefined ? { kind, call, errno } : { kind, call, path, errno });
    }
    return errno;
  }

  /** EBADF, with a word to the app if it is for a stream that the process is denied. */
  missing(call: string, fd: number): number {
    const stream = this.descriptors.withheld(fd);
    return stream === undefined ? EBADF : this.deny("stdio", call, EBADF, stream);
  }

  /** The errno of a path's call, with a word to the app if the path has led out of its directory. */
  answer(call: string, answer: Errno, at: OpenDirectory, path: string): number {
    if (answer !== -EPERM || escapes === escapesTold) return 0 - answer;
    escapesTold = escapes;
    return this.deny("fs", call, EPERM, pathFrom(at.path, path));
  }

  #withhold(taken: number): void {
    if ((taken & (TAKEN_STDIN | TAKEN_STDOUT | TAKEN_STDERR)) === 0) return;
    this.descriptors.withhold((descriptor) => takenStream(descriptor, taken));
  }
}

/** The name of the stream that the descriptor stands for, if it is taken. */
function takenStream(descriptor: Descriptor, taken: number): string | undefined {
  if (descriptor.kind === KIND_INPUT) return (taken & TAKEN_STDIN) === 0 ? undefined : "stdin";
  if (descriptor.kind !== KIND_OUTPUT) return undefined;
  if (descriptor.use === USED_STDOUT) return (taken & TAKEN_STDOUT) === 0 ? undefined : "stdout";
  return (taken & TAKEN_STDERR) === 0 ? undefined : "stderr";
}
