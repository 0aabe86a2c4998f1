/**
 * A directory held by descriptor. A child is reached as `/proc/<pid>/fd/<n>/<name>`, which the kernel
 * resolves from the directory itself, wherever it has been moved to: `openat` by another spelling. With
 * O_NOFOLLOW on each of them no symbolic link is ever followed, whoever changes names meanwhile.
 */
import * as fs from "node:fs";
import type { BigIntStats } from "node:fs";
import { EBADF, EISDIR, ELOOP, ENOENT, ENOTDIR, ENXIO } from "../errno.js";
import type { Errno } from "../errno.js";
import { FILETYPE_DIRECTORY, FILETYPE_REGULAR_FILE, FILETYPE_SYMBOLIC_LINK } from "../node.js";
import type { OpenFlags } from "../node.js";
import { errnoOf } from "./host-errno.js";
import { CHANGES, hostFlags } from "./host-flags.js";
import { fileTypeOf } from "./host-mount.js";
import { isLink } from "./is-link.js";
import { openDescriptor } from "./open-descriptor.js";
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
    this.#prefix = `${descriptorPath(descriptor.fd)}/`;
  }

  /** Opens the root of a mount; symbolic links in `path` are the host's own and are followed. */
  static openRoot(path: string): LinuxPlace | Errno {
    let fd = -1;
    try {
      fd = fs.openSync(path, O_PATH | O_DIRECTORY);
      return new LinuxPlace({ fd, references: 1 }, whereIs(fd));
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
    const fd = openDescriptor(path, O_PATH | O_DIRECTORY | O_NOFOLLOW);
    if (fd >= 0) return this.#adopt(fd);
    // O_DIRECTORY is checked first: a symbolic link is "not a directory" as well.
    return fd === -ENOTDIR && isLink(path) ? -ELOOP : fd;
  }

  openExisting(name: string, flags: OpenFlags, ours: boolean): number | Place {
    if (typeof this.#prefix === "number") return this.#prefix;
    // With O_PATH nothing is opened yet but a hold on the file: what is looked at then is what is opened.
    const wanted = hostFlags(flags);
    const held = openDescriptor(this.#prefix + name, ours ? wanted : O_PATH | O_NOFOLLOW);
    if (held < 0) return held;
    let answer: Errno = -ENXIO;
    try {
      const type = fileTypeOf(fs.fstatSync(held).mode);
      if (type === FILETYPE_REGULAR_FILE) {
        if (ours) return held;
        answer = openDescriptor(descriptorPath(held), wanted & ~O_NOFOLLOW);
      } else if (type === FILETYPE_DIRECTORY) {
        if ((flags & CHANGES) === 0) return this.#adopt(held);
        answer = -EISDIR;
      } else if (type === FILETYPE_SYMBOLIC_LINK) answer = -ELOOP;
    } catch (error) {
      answer = errnoOf(error);
    }
    fs.closeSync(held);
    return answer;
  }

  stat(): BigIntStats {
    return fs.fstatSync(typeof this.#prefix === "number" ? -1 : this.#descriptor.fd, BIGINT);
  }

  sync(): void {
    // A descriptor for walking cannot be synced.
    const fd = fs.openSync(descriptorPath(this.#descriptor.fd), O_RDONLY | O_DIRECTORY);
    try {
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
  }

  depth(): number {
    try {
      const below = whereIs(this.#descriptor.fd);
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

  asRoot(): Place | Errno {
    try {
      const root = whereIs(this.#descriptor.fd);
      this.#descriptor.references += 1;
      return new LinuxPlace(this.#descriptor, root);
    } catch (error) {
      return errnoOf(error);
    }
  }

  close(): void {
    if (typeof this.#prefix === "number") return;
    this.#prefix = -EBADF;
    this.#descriptor.references -= 1;
    if (this.#descriptor.references === 0) fs.closeSync(this.#descriptor.fd);
  }

  #adopt(fd: number): Place {
    return new LinuxPlace({ fd, references: 1 }, this.#root);
  }
}

function openForAppend(fd: number): number {
  // Refused only if the file's mode was changed since it was opened, or descriptors have run out.
  return Math.max(-1, openDescriptor(descriptorPath(fd), O_WRONLY | O_APPEND | O_NONBLOCK));
}

/** The path of an open directory now, without a trailing slash. */
function whereIs(fd: number): string {
  const path = fs.readlinkSync(descriptorPath(fd));
  return path === "/" ? "" : path;
}

let descriptors: string | undefined;

/** Where the kernel shows our descriptors as paths. */
function descriptorPath(fd: number): string {
  descriptors ??= findDescriptors();
  return `${descriptors}/${fd}`;
}

function findDescriptors(): string {
  // The same without the link `self`, a tenth cheaper; /proc may be of another PID namespace.
  const pid = String(process.pid);
  return fs.readlinkSync("/proc/self") === pid ? `/proc/${pid}/fd` : "/proc/self/fd";
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
    const reached = fs.statSync(`${descriptorPath(fd)}/.`, BIGINT);
    return held.ino === reached.ino && held.dev === reached.dev;
  } catch {
    return false;
  } finally {
    if (fd >= 0) fs.closeSync(fd);
  }
}
