import type { Access } from "../../mount.js";
import { EACCES, EFBIG, EPERM, EROFS, type Errno } from "../errno.js";
import { emptyStat, FILETYPE_REGULAR_FILE, type File, type Stat } from "../node.js";
import {
  MOUNT_CHANGED,
  MOUNT_LOOKED,
  MOUNT_READ,
  MOUNT_READ_ONLY,
  MOUNT_REVOKED,
} from "../policy-board.js";
import type { GuardedDirectory } from "./guarded-directory.js";
import type { MountGuard } from "./mount-guard.js";

const REFUSING = MOUNT_REVOKED | MOUNT_READ_ONLY;

const own: Stat = emptyStat();
const named: Stat = emptyStat();

/** A file behind its mount's guard. That it may be opened was decided when it was. */
export class GuardedFile implements File {
  readonly type = FILETYPE_REGULAR_FILE;
  readonly #guard: MountGuard;
  readonly #inner: File;
  /** What is read from: each wrapper in between would cost every read. */
  readonly #reader: File;
  /** Where it was opened: for its path. */
  readonly #directory: GuardedDirectory;
  readonly #name: string;
  /** Whether this open made the file, so that a create-only mount lets it be written. */
  readonly #made: boolean;

  constructor(inner: File, directory: GuardedDirectory, name: string, made: boolean) {
    this.#guard = directory.guard;
    this.#inner = inner;
    this.#reader = inner.reader;
    this.#directory = directory;
    this.#name = name;
    this.#made = made;
  }

  get reader(): File {
    return this;
  }

  read(dst: Uint8Array, offset: number, length: number, position: number): number {
    const state = this.#guard.state();
    if ((state & (MOUNT_REVOKED | MOUNT_READ)) !== MOUNT_READ) {
      const refused = this.#look(state, MOUNT_READ, "read");
      if (refused < 0) return refused;
    }
    return this.#reader.read(dst, offset, length, position);
  }

  write(src: Uint8Array, offset: number, length: number, position: number): number {
    const guard = this.#guard;
    const state = guard.state();
    if ((state & REFUSING) !== 0) return this.#refuse(state, "write");
    if (position + length <= guard.fileBytes)
      return this.#inner.write(src, offset, length, position);
    if (length === 0) return 0;
    const room = guard.fileBytes - position;
    return room <= 0 ? -EFBIG : this.#inner.write(src, offset, room, position);
  }

  append(src: Uint8Array, offset: number, length: number): number {
    const { fileBytes } = this.#guard;
    const state = this.#guard.state();
    if ((state & REFUSING) !== 0) return this.#refuse(state, "write");
    if (fileBytes === Number.MAX_SAFE_INTEGER || length === 0)
      return this.#inner.append(src, offset, length);
    const size = this.#inner.size();
    if (size < 0) return size;
    if (size >= fileBytes) return -EFBIG;
    return this.#inner.append(src, offset, Math.min(length, fileBytes - size));
  }

  size(): number {
    const state = this.#guard.state();
    if ((state & MOUNT_REVOKED) !== 0) return this.#refuse(state, "seek");
    return this.#inner.size();
  }

  stat(out: Stat): Errno {
    const state = this.#guard.state();
    if ((state & (MOUNT_REVOKED | MOUNT_LOOKED)) !== MOUNT_LOOKED) {
      const refused = this.#look(state, MOUNT_LOOKED, "stat");
      if (refused < 0) return refused;
    }
    return this.#inner.stat(out);
  }

  truncate(size: number): Errno {
    const state = this.#guard.state();
    if ((state & REFUSING) !== 0) return this.#refuse(state, "truncate");
    if (size > this.#guard.fileBytes && size > this.#inner.size()) return -EFBIG;
    return this.#inner.truncate(size);
  }

  setTimes(atime: bigint | undefined, mtime: bigint | undefined): Errno {
    const guard = this.#guard;
    const state = guard.state();
    if ((state & REFUSING) !== 0) return this.#refuse(state, "setTimes");
    if (guard.createOnly && !this.#made) return this.#denied(-EPERM, "setTimes");
    let answer = this.#inner.setTimes(atime, mtime);
    // A file of an image knows nothing of the layer above; its name may.
    if (answer === -EROFS && this.#isNamed())
      answer = this.#directory.inner.setTimesAt(this.#name, atime, mtime);
    if (answer === -EROFS) return this.#denied(answer, "setTimes");
    if (answer === 0 && !this.#made && (state & MOUNT_CHANGED) === 0) guard.used(MOUNT_CHANGED);
    return answer;
  }

  sync(dataOnly: boolean): Errno {
    const state = this.#guard.state();
    if ((state & MOUNT_REVOKED) !== 0) return this.#refuse(state, "sync");
    return this.#inner.sync(dataOnly);
  }

  close(): Errno {
    return this.#inner.close();
  }

  #look(state: number, use: number, call: string): Errno {
    return this.#guard.look(state, use, call, this.#directory, this.#name);
  }

  #refuse(state: number, call: string): Errno {
    if ((state & MOUNT_REVOKED) === 0) return this.#denied(-EROFS, call);
    return this.#denied(
      -EACCES,
      call,
      call === "seek" || call === "sync" ? "read-only" : undefined,
    );
  }

  #denied(errno: Errno, call: string, needs: Access = "read-write"): Errno {
    return this.#guard.denied(errno, call, this.#directory, this.#name, needs);
  }

  /** Whether its name still leads to it. */
  #isNamed(): boolean {
    if (this.#inner.stat(own) < 0) return false;
    const { inner } = this.#directory;
    return inner.statAt(this.#name, named) === 0 && named.ino === own.ino && named.dev === own.dev;
  }
}
