import type { Access } from "../../mount.js";
import { EACCES, EROFS, EXDEV, type Errno } from "../errno.js";
import { refuseChange, refuseNew, refuseRmdir, refuseUnlink } from "../host/read-only-answers.js";
import {
  emptyStat,
  FILETYPE_DIRECTORY,
  OPEN_CREATE,
  OPEN_TRUNCATE,
  OPEN_WRITE,
  type Directory,
  type DirectoryEntry,
  type File,
  type OpenFlags,
  type Stat,
} from "../node.js";
import {
  MOUNT_CHANGED,
  MOUNT_CREATED,
  MOUNT_LOOKED,
  MOUNT_READ_ONLY,
  MOUNT_REMOVED,
  MOUNT_REVOKED,
} from "../policy-board.js";
import { GuardedFile } from "./guarded-file.js";
import type { MountGuard, Named } from "./mount-guard.js";
import { MAX_PATH_BYTES } from "../resolve.js";
import { openForChange, openNew, openRefused, refuseOpen } from "./open-guarded.js";

const CHANGES = OPEN_WRITE | OPEN_CREATE | OPEN_TRUNCATE;
const LOOKING = MOUNT_REVOKED | MOUNT_LOOKED;
const REFUSING = MOUNT_REVOKED | MOUNT_READ_ONLY;

const scratch: Stat = emptyStat();

/** What a read-only directory answers to a change. */
type ReadOnlyAnswer = (directory: Directory, name: string) => Errno;

/**
 * A directory behind its mount's guard: each call looks first whether the mount is taken back or has
 * become read-only, notes what is used, and tells of what is refused for want of a grant.
 */
export class GuardedDirectory implements Directory, Named {
  readonly type = FILETYPE_DIRECTORY;
  readonly filesystem: object;
  readonly guard: MountGuard;
  /** @internal What is behind the guard. */
  readonly inner: Directory;
  readonly #parent: GuardedDirectory | undefined;
  readonly #name: string;
  /** The child opened last: directories of images are one object for all handles. */
  #last: GuardedDirectory | undefined;

  constructor(guard: MountGuard, inner: Directory, parent?: GuardedDirectory, name = "") {
    this.filesystem = inner.filesystem;
    this.guard = guard;
    this.inner = inner;
    this.#parent = parent;
    this.#name = name;
  }

  pathOf(name: string): string {
    let path = name;
    let parent = this.#parent;
    let own = this.#name;
    // A handle may be deeper than any path is long: then the path's end has to do.
    while (parent !== undefined && path.length < MAX_PATH_BYTES) {
      path = path === "" ? own : `${own}/${path}`;
      own = parent.#name;
      parent = parent.#parent;
    }
    const { target } = this.guard;
    return path === "" ? target : `${target === "/" ? "" : target}/${path}`;
  }

  openDirectory(name: string): Directory | Errno {
    const state = this.guard.state();
    if ((state & LOOKING) !== MOUNT_LOOKED) {
      const refused = this.#look(state, "open", name);
      if (refused < 0) return refused;
    }
    const directory = this.inner.openDirectory(name);
    return typeof directory === "number" ? directory : this.#child(name, directory);
  }

  open(name: string, flags: OpenFlags): File | Directory | Errno {
    const state = this.guard.state();
    if ((flags & CHANGES) !== 0) return this.#openForChange(name, flags, state);
    if ((state & LOOKING) !== MOUNT_LOOKED) {
      const refused = this.#look(state, "open", name);
      if (refused < 0) return refused;
    }
    return this.wrap(name, this.inner.open(name, flags), false);
  }

  #openForChange(name: string, flags: OpenFlags, state: number): File | Directory | Errno {
    const { guard } = this;
    if ((state & REFUSING) === 0) {
      if (!guard.createOnly) return openForChange(this, name, flags, state);
      return (flags & OPEN_CREATE) === 0
        ? this.#refuseOpen(name, flags)
        : openNew(this, name, flags, state);
    }
    if ((state & MOUNT_REVOKED) === 0) return this.#refuseOpen(name, flags);
    const needs = (flags & OPEN_CREATE) === 0 ? "read-write" : "create-only";
    return guard.denied(-EACCES, "open", this, name, needs);
  }

  #refuseOpen(name: string, flags: OpenFlags): Errno {
    return openRefused(this, name, refuseOpen(this.inner, name, flags), flags);
  }

  statAt(name: string, out: Stat): Errno {
    const state = this.guard.state();
    if ((state & LOOKING) !== MOUNT_LOOKED) {
      const refused = this.#look(state, "stat", name);
      if (refused < 0) return refused;
    }
    return this.inner.statAt(name, out);
  }

  readlink(name: string): string | Errno {
    const state = this.guard.state();
    if ((state & LOOKING) !== MOUNT_LOOKED) {
      const refused = this.#look(state, "readlink", name);
      if (refused < 0) return refused;
    }
    return this.inner.readlink(name);
  }

  mkdir(name: string): Errno {
    const refused = this.#refuse("mkdir", name, refuseNew, "create-only");
    if (refused < 0) return refused;
    return this.#made("mkdir", name, MOUNT_CREATED, this.inner.mkdir(name));
  }

  symlink(target: string, name: string): Errno {
    const refused = this.#refuse("symlink", name, refuseNew, "create-only");
    if (refused < 0) return refused;
    return this.#made("symlink", name, MOUNT_CREATED, this.inner.symlink(target, name));
  }

  rmdir(name: string): Errno {
    const refused = this.#refuse("rmdir", name, refuseRmdir);
    if (refused < 0) return refused;
    return this.#made("rmdir", name, MOUNT_REMOVED, this.inner.rmdir(name));
  }

  unlink(name: string): Errno {
    const refused = this.#refuse("unlink", name, refuseUnlink);
    if (refused < 0) return refused;
    return this.#made("unlink", name, MOUNT_REMOVED, this.inner.unlink(name));
  }

  rename(name: string, to: Directory, toName: string): Errno {
    if (!(to instanceof GuardedDirectory) || to.guard !== this.guard) return -EXDEV;
    const refused = this.#refuse("rename", name, refuseChange);
    if (refused < 0) return refused;
    let use = MOUNT_CHANGED;
    if ((this.guard.state() & MOUNT_REMOVED) === 0 && to.inner.statAt(toName, scratch) === 0)
      use |= MOUNT_REMOVED;
    return this.#made("rename", name, use, this.inner.rename(name, to.inner, toName));
  }

  link(name: string, to: Directory, toName: string): Errno {
    if (!(to instanceof GuardedDirectory) || to.guard !== this.guard) return -EXDEV;
    const refused = this.#refuse("link", name, refuseChange);
    if (refused < 0) return refused;
    const use = MOUNT_CREATED | MOUNT_CHANGED; // the file has one more name
    return this.#made("link", name, use, this.inner.link(name, to.inner, toName));
  }

  setTimesAt(name: string, atime: bigint | undefined, mtime: bigint | undefined): Errno {
    const refused = this.#refuse("setTimes", name, refuseChange);
    if (refused < 0) return refused;
    return this.#made("setTimes", name, MOUNT_CHANGED, this.inner.setTimesAt(name, atime, mtime));
  }

  list(): DirectoryEntry[] | Errno {
    const state = this.guard.state();
    if ((state & LOOKING) !== MOUNT_LOOKED) {
      const refused = this.#look(state, "list", "");
      if (refused < 0) return refused;
    }
    return this.inner.list();
  }

  stat(out: Stat): Errno {
    const state = this.guard.state();
    if ((state & LOOKING) !== MOUNT_LOOKED) {
      const refused = this.#look(state, "stat", "");
      if (refused < 0) return refused;
    }
    return this.inner.stat(out);
  }

  setTimes(atime: bigint | undefined, mtime: bigint | undefined): Errno {
    const refused = this.#refuse("setTimes", "", () => -EROFS);
    if (refused < 0) return refused;
    return this.#made("setTimes", "", MOUNT_CHANGED, this.inner.setTimes(atime, mtime));
  }

  sync(): Errno {
    const state = this.guard.state();
    if ((state & MOUNT_REVOKED) !== 0) return this.#look(state, "sync", "");
    return this.inner.sync();
  }

  duplicate(): Directory | Errno {
    const inner = this.inner.duplicate();
    if (inner === this.inner) return this;
    return typeof inner === "number"
      ? inner
      : new GuardedDirectory(this.guard, inner, this.#parent, this.#name);
  }

  close(): void {
    this.inner.close();
  }

  /** @internal What the filesystem behind it opened under `name`; `made`: this call has made the file. */
  wrap(name: string, opened: File | Directory | Errno, made: boolean): File | Directory | Errno {
    if (typeof opened === "number") return opened;
    return opened.type === FILETYPE_DIRECTORY
      ? this.#child(name, opened)
      : new GuardedFile(opened, this, name, made);
  }

  #child(name: string, inner: Directory): GuardedDirectory {
    const last = this.#last;
    if (last !== undefined && last.inner === inner && last.#name === name) return last;
    this.#last = new GuardedDirectory(this.guard, inner, this, name);
    return this.#last;
  }

  #look(state: number, call: string, name: string): Errno {
    return this.guard.look(state, MOUNT_LOOKED, call, this, name);
  }

  /** Before a change, other than by `open`: 0, or what is answered. */
  #refuse(call: string, name: string, answer: ReadOnlyAnswer, needs: Access = "read-write"): Errno {
    const { guard } = this;
    const state = guard.state();
    if ((state & REFUSING) === 0 && !(guard.createOnly && needs === "read-write")) return 0;
    if ((state & MOUNT_REVOKED) !== 0) return guard.denied(-EACCES, call, this, name, needs);
    const errno = answer(this.inner, name);
    if (errno !== -EROFS) return errno;
    return guard.denied(guard.refusal(), call, this, name, needs);
  }

  /** After a change: notes it, or tells that it was refused. */
  #made(call: string, name: string, use: number, answer: Errno): Errno {
    const { guard } = this;
    if (answer === 0) {
      if ((guard.state() & use) !== use) guard.used(use);
    } else if (answer === -EROFS) {
      const needs = use === MOUNT_CREATED ? "create-only" : "read-write";
      return guard.denied(answer, call, this, name, needs);
    }
    return answer;
  }
}
