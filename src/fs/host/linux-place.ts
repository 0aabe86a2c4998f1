/**
 * A directory held by descriptor. A child is reached as `/proc/self/fd/<n>/<name>`, which the kernel
 * resolves from the directory itself, wherever it has been moved to: `openat` by another spelling. With
 * O_NOFOLLOW on each of them no symbolic link is ever followed, whoever changes names meanwhile.
 */
import * as fs from "node:fs";
import type { BigIntStats } from "node:fs";
import { EBADF, ELOOP, ENOENT, ENOTDIR } from "../errno.js";
import type { Errno } from "../errno.js";
import { errnoOf } from "./host-errno.js";
import type { Place } from "./place.js";

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY, O_APPEND } = fs.constants;

/** `asm-generic/fcntl.h`: the same on every Linux that Node is built for; `fs.constants` lacks it. */
const O_PATH = 0o10000000;

const BIGINT = { bigint: true } as const;

/** One descriptor, shared by the duplicates of a directory. */
interface Descriptor {
  readonly fd: number;
  references: number;
}

export class LinuxPlace implements Place {
  readonly openForAppend = openForAppend;
  readonly #descriptor: Descriptor;
  /** Where the mount's root was when it was opened, without a trailing slash. */
  readonly #root: string;
  #prefix: string | Errno;

  private constructor(descriptor: Descriptor, root: string) {
    this.#descriptor = descriptor;
    this.#root = root;
    this.#prefix = `/proc/self/fd/${descriptor.fd}/`;
  }

  /** Opens the root of a mount; symbolic links in `path` are the host's own and are followed. */
  static openRoot(path: string): LinuxPlace | Errno {
    let fd = -1;
    try {
      fd = fs.openSync(path, O_PATH | O_DIRECTORY);
      const root = fs.readlinkSync(`/proc/self/fd/${fd}`);
      return new LinuxPlace({ fd, references: 1 }, root === "/" ? "" : root);
    } catch (error) {
      if (fd >= 0) fs.closeSync(fd);
      return errnoOf(error);
    }
  }

  prefix(): string | Errno {
    return this.#prefix;
  }

  isName(name: string): boolean {
    return !name.includes("/") && name !== ".." && name !== "." && name !== "";
  }

  open(name: string): Place | Errno {
    if (typeof this.#prefix === "number") return this.#prefix;
    const path = this.#prefix + name;
    try {
      return this.adopt(fs.openSync(path, O_PATH | O_DIRECTORY | O_NOFOLLOW));
    } catch (error) {
      const errno = errnoOf(error);
      // O_DIRECTORY is checked first: a symbolic link is "not a directory" as well.
      return errno === -ENOTDIR && isSymbolicLink(path) ? -ELOOP : errno;
    }
  }

  adopt(fd: number): Place {
    return new LinuxPlace({ fd, references: 1 }, this.#root);
  }

  stat(): BigIntStats {
    return fs.fstatSync(typeof this.#prefix === "number" ? -1 : this.#descriptor.fd, BIGINT);
  }

  sync(): void {
    // A descriptor for walking cannot be synced.
    const fd = fs.openSync(`/proc/self/fd/${this.#descriptor.fd}`, O_RDONLY | O_DIRECTORY);
    try {
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
  }

  depth(): number {
    try {
      const path = fs.readlinkSync(`/proc/self/fd/${this.#descriptor.fd}`);
      const below = path === "/" ? "" : path;
      if (below === this.#root) return 0;
      if (!below.startsWith(`${this.#root}/`)) return -ENOENT;
      return below.slice(this.#root.length + 1).split("/").length;
    } catch (error) {
      return errnoOf(error);
    }
  }

  duplicate(): Place {
    this.#descriptor.references += 1;
    return new LinuxPlace(this.#descriptor, this.#root);
  }

  close(): void {
    if (typeof this.#prefix === "number") return;
    this.#prefix = -EBADF;
    this.#descriptor.references -= 1;
    if (this.#descriptor.references === 0) fs.closeSync(this.#descriptor.fd);
  }
}

function openForAppend(fd: number): number {
  try {
    return fs.openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_APPEND | O_NONBLOCK);
  } catch (error) {
    // The file's mode was changed since it was opened.
    if (errnoOf(error) === -EBADF) throw error;
    return -1;
  }
}

function isSymbolicLink(path: string): boolean {
  try {
    return fs.lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
  } catch {
    return false;
  }
}

let works: boolean | undefined;

/** True where directories can be held by descriptor: Linux with /proc mounted. */
export function hasDescriptorPaths(): boolean {
  works ??= process.platform === "linux" && probe();
  return works;
}

function probe(): boolean {
  let fd = -1;
  try {
    fd = fs.openSync("/", O_PATH | O_DIRECTORY | O_NOFOLLOW);
    const held = fs.fstatSync(fd, BIGINT);
    const reached = fs.statSync(`/proc/self/fd/${fd}/.`, BIGINT);
    return held.ino === reached.ino && held.dev === reached.dev;
  } catch {
    return false;
  } finally {
    if (fd >= 0) fs.closeSync(fd);
  }
}
