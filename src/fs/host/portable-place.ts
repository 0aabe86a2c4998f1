/**
 * A directory held by path, for hosts without `/proc` (macOS, Windows). Before each operation the path
 * must still lead to the same directory without passing a symbolic link. Between that check and the
 * operation another process of the host may change names: this keeps a guest in that runs alone, and is
 * not race-free. A directory that is renamed while it is open is gone for its handle (-ENOENT).
 */
import * as fs from "node:fs";
import type { BigIntStats } from "node:fs";
import { dirname, sep } from "node:path";
import { EBADF, EISDIR, ELOOP, ENOENT, ENOTDIR, ENXIO } from "../errno.js";
import type { Errno } from "../errno.js";
import type { OpenFlags } from "../node.js";
import { errnoOf } from "./host-errno.js";
import { CHANGES, hostFlags } from "./host-flags.js";
import { openDescriptor } from "./open-descriptor.js";
import type { Place } from "./place.js";

const BIGINT = { bigint: true } as const;

/** Names that mean something other than a file in a directory: separators, drives, streams, devices. */
const WINDOWS_ODD = /[\\/:*?"<>|]|[. ]$|^(?:con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$)(?:\.|$)/i;

interface Identity {
  readonly dev: bigint;
  readonly ino: bigint;
}

export class PortablePlace implements Place {
  readonly openForAppend = cannotReopen;
  /** As realpath gives it. */
  readonly #path: string;
  readonly #root: string;
  readonly #identity: Identity;
  #closed = false;

  private constructor(path: string, root: string, identity: Identity) {
    this.#path = path;
    this.#root = root;
    this.#identity = identity;
  }

  /** Opens the root of a mount; symbolic links in `path` are the host's own and are followed. */
  static openRoot(path: string): PortablePlace | Errno {
    try {
      const real = fs.realpathSync.native(path);
      const stat = fs.lstatSync(real, BIGINT);
      return stat.isDirectory() ? new PortablePlace(real, real, stat) : -ENOTDIR;
    } catch (error) {
      return errnoOf(error);
    }
  }

  prefix(): string | Errno {
    if (this.#closed) return -EBADF;
    try {
      if (fs.realpathSync.native(this.#path) !== this.#path) return -ENOENT;
      const { dev, ino } = fs.lstatSync(this.#path, BIGINT);
      if (dev !== this.#identity.dev || ino !== this.#identity.ino) return -ENOENT;
      return withSeparator(this.#path);
    } catch (error) {
      return errnoOf(error);
    }
  }

  isName(name: string): boolean {
    if (name.includes("/") || name === ".." || name === "." || name === "") return false;
    return process.platform !== "win32" || !WINDOWS_ODD.test(name);
  }

  open(name: string): Place | Errno {
    const prefix = this.prefix();
    if (typeof prefix === "number") return prefix;
    try {
      const stat = fs.lstatSync(prefix + name, BIGINT);
      if (stat.isSymbolicLink()) return -ELOOP;
      if (!stat.isDirectory()) return -ENOTDIR;
      // Where case is folded, the name on the disk is not the one that was asked for.
      const real = fs.realpathSync.native(prefix + name);
      if (dirname(real) !== this.#path) return -ENOENT;
      return new PortablePlace(real, this.#root, stat);
    } catch (error) {
      return errnoOf(error);
    }
  }

  openExisting(name: string, flags: OpenFlags): number | Place {
    const prefix = this.prefix();
    if (typeof prefix === "number") return prefix;
    try {
      const stat = fs.lstatSync(prefix + name);
      if (stat.isSymbolicLink()) return -ELOOP;
      if (stat.isDirectory()) return (flags & CHANGES) === 0 ? this.open(name) : -EISDIR;
      if (!stat.isFile()) return -ENXIO;
      const fd = openDescriptor(prefix + name, hostFlags(flags));
      if (fd < 0) return fd;
      const opened = fs.fstatSync(fd);
      if (opened.ino === stat.ino && opened.dev === stat.dev) return fd;
      // Another file stands under the name since then.
      fs.closeSync(fd);
      return -ENOENT;
    } catch (error) {
      return errnoOf(error);
    }
  }

  stat(): BigIntStats {
    return fs.lstatSync(this.#path, BIGINT);
  }

  sync(): void {
    // Windows cannot open a directory as a file; there its own journal is all there is.
    if (process.platform === "win32") return;
    const fd = fs.openSync(this.#path, fs.constants.O_RDONLY);
    try {
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
  }

  depth(): number {
    const root = withSeparator(this.#root);
    return this.#path === this.#root ? 0 : this.#path.slice(root.length).split(sep).length;
  }

  duplicate(): Place {
    return new PortablePlace(this.#path, this.#root, this.#identity);
  }

  asRoot(): Place {
    return new PortablePlace(this.#path, this.#path, this.#identity);
  }

  close(): void {
    this.#closed = true;
  }
}

function withSeparator(path: string): string {
  return path.endsWith(sep) ? path : path + sep;
}

function cannotReopen(): number {
  return -1;
}
