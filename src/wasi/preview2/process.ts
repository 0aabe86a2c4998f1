import { TAKEN_STDERR, TAKEN_STDIN, TAKEN_STDOUT } from "../../fs/policy-board.js";
import type { Context } from "../context.js";
import { GrantedProcess } from "../granted-process.js";
import { HeldLists } from "../held-lists.js";
import { ResourceTable, type Trap } from "./resource.js";

/** Descriptors of a preview 1 program that are always there: the three standard streams. */
const STDIO_FILES = 3;

/** One running component. */
export class Process extends GrantedProcess {
  readonly trap: Trap;
  readonly resources: ResourceTable;
  /** It has ended: what it lets go of is of no interest to anyone. */
  over = false;
  /** Bytes of bodies that it has written and not sent anywhere yet. */
  heldBytes = 0;
  /** What `insecure-seed` has answered. */
  seed: Uint8Array | undefined;
  /** Files and directories that may still be opened. */
  #files: number;
  #lists: HeldLists | undefined;
  /** TAKEN_* bits of the standard streams that were never granted. */
  readonly #denied: number;

  constructor(context: Context, trap: Trap) {
    super(context);
    this.trap = trap;
    this.resources = new ResourceTable(trap);
    const { namespace, limits, modes } = context;
    this.#denied =
      (modes?.stdin === "denied" ? TAKEN_STDIN : 0) |
      (modes?.stdout === "denied" ? TAKEN_STDOUT : 0) |
      (modes?.stderr === "denied" ? TAKEN_STDERR : 0);
    this.#files = limits.openFiles - STDIO_FILES - namespace.preopens.length;
  }

  /** Whether a standard stream was never granted, or was taken back: a TAKEN_* bit. */
  lacks(stream: number): boolean {
    return ((this.#denied | this.taken) & stream) !== 0;
  }

  /** As `lacks`, while a call waits. */
  loses(stream: number): boolean {
    return this.policy !== undefined && (this.policy.taken() & stream) !== 0;
  }

  get lists(): HeldLists {
    return (this.#lists ??= new HeldLists());
  }

  /** False: as many are open as may be. */
  get mayOpen(): boolean {
    return this.#files > 0;
  }

  opened(): void {
    this.#files--;
  }

  closed(): void {
    this.#files++;
  }

  end(): void {
    this.over = true;
    this.resources.clear();
    const { namespace } = this.context;
    for (const { location } of namespace.preopens) location.close();
    namespace.close();
  }
}
