import { EBADF, type Errno } from "../../fs/errno.js";
import {
  TAKEN_STDERR,
  TAKEN_STDIN,
  TAKEN_STDOUT,
  USED_STDERR,
  USED_STDOUT,
} from "../../fs/policy-board.js";
import type { Context } from "../context.js";
import { GrantedProcess } from "../granted-process.js";
import { ENCODER, encodeStrings, type StringBlock } from "../guest-string.js";
import { HeldLists } from "../held-lists.js";
import {
  type Descriptor,
  KIND_INPUT,
  KIND_OUTPUT,
  OpenDirectory,
  OpenInput,
  OpenOutput,
} from "./descriptor.js";
import { DescriptorTable } from "./descriptor-table.js";

/** One running guest. */
export class Process extends GrantedProcess {
  readonly descriptors: DescriptorTable;
  #lists: HeldLists | undefined;
  #args: StringBlock | undefined;
  #environ: StringBlock | undefined;

  constructor(context: Context) {
    super(context);
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

  override lose(taken: number): void {
    super.lose(taken);
    this.#withhold(taken);
  }

  /** EBADF, with a word to the app if it is for a stream that the process is denied. */
  missing(call: string, fd: number): number {
    const stream = this.descriptors.withheld(fd);
    return stream === undefined ? EBADF : this.deny("stdio", call, EBADF, stream);
  }

  /** The errno of a path's call, with a word to the app if the path has led out of its directory. */
  answer(call: string, answer: Errno, at: OpenDirectory, path: string): number {
    return this.answerPath(call, answer, at.path, path);
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
