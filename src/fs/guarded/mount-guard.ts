import type { Access } from "../../mount.js";
import type { DenialLog } from "../denial.js";
import { EACCES, EPERM, EROFS, type Errno } from "../errno.js";
import {
  createScratchRecord,
  MOUNT_READ_ONLY,
  MOUNT_REVOKED,
  type PolicyRecord,
} from "../policy-board.js";

/** Of a mount that no record stands for: nothing is taken back, and nobody asks what was used. */
const NO_RECORD = createScratchRecord();

export interface MountGuardOptions {
  /** Absolute guest path. */
  readonly target: string;
  /** Its number among the process's mounts. */
  readonly index: number;
  readonly createOnly: boolean;
  /** Size of a file that may be written, in bytes. */
  readonly fileBytes: number;
  readonly policy: PolicyRecord | undefined;
  readonly denials: DenialLog | undefined;
}

/** A directory that knows its path. */
export interface Named {
  /** The absolute guest path of a child; its own for "". */
  pathOf(name: string): string;
}

/** What all guarded files and directories of one mount share. */
export class MountGuard {
  readonly target: string;
  readonly createOnly: boolean;
  readonly fileBytes: number;
  readonly #index: number;
  readonly #number: number;
  readonly #record: PolicyRecord;
  readonly #denials: DenialLog | undefined;

  constructor(options: MountGuardOptions) {
    const { target, index, createOnly, fileBytes, policy, denials } = options;
    this.target = target;
    this.createOnly = createOnly;
    this.fileBytes = fileBytes;
    this.#index = policy === undefined ? 0 : index;
    this.#number = index;
    this.#record = policy ?? NO_RECORD;
    this.#denials = denials;
  }

  /** MOUNT_* bits, as they are now. */
  state(): number {
    return this.#record.mount(this.#index);
  }

  used(bits: number): void {
    this.#record.markMount(this.#index, bits);
  }

  /**
   * Before something is looked at or read: 0, or what is answered. `use` is noted; it is for the caller
   * to see that it is not noted yet.
   */
  look(state: number, use: number, call: string, at: Named, name: string): Errno {
    if ((state & MOUNT_REVOKED) !== 0) return this.denied(-EACCES, call, at, name, "read-only");
    this.used(use);
    return 0;
  }

  /** Tells of what is refused for want of a grant, and answers its errno. */
  denied(errno: Errno, call: string, at: Named, name: string, needs: Access): Errno {
    this.#denials?.denied({
      kind: "fs",
      call,
      path: at.pathOf(name),
      mount: this.#number,
      needs,
      errno: -errno,
    });
    return errno;
  }

  /** What a change is answered that is refused: create-only mounts do not refuse all. */
  refusal(): Errno {
    return this.createOnly && (this.state() & MOUNT_READ_ONLY) === 0 ? -EPERM : -EROFS;
  }
}
