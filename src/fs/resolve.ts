/**
 * The walk from a directory along a path: done once, here, for all filesystems and all WASI versions.
 *
 * A directory is a capability: ".." and symbolic links never lead above the directory at which the walk
 * begins, and nobody asks the operating system for "..": the walk keeps the directories that it came
 * through. A link with an absolute target is followed from the container's root, if the walk began
 * there, and is an escape otherwise.
 */
import { EINVAL, ELOOP, ENAMETOOLONG, ENOENT, EPERM, type Errno } from "./errno.js";
import type { Directory } from "./node.js";

/** What an escape answers; the reference runtimes agree on EPERM. */
export const ESCAPE: Errno = -EPERM;
/** Escapes of this thread so far: tells them from other causes of EPERM. */
export let escapes = 0;

function escaped(): Errno {
  escapes++;
  return ESCAPE;
}

/** Linux's NAME_MAX, in bytes of UTF-8. */
export const MAX_NAME_BYTES = 255;
/** Linux's PATH_MAX, in bytes of UTF-8; it counts a NUL at the end. */
export const MAX_PATH_BYTES = 4096;
/** Symbolic links followed in one walk, as on Linux. */
export const MAX_LINKS = 40;
/**
 * Directories open at once in one walk. A host directory holds a descriptor of the whole app, which one
 * guest must not use up; real trees are below 100 deep.
 */
export const MAX_WALK_DEPTH = 512;

/** A directory that a guest holds. */
export class Location {
  readonly directory: Directory;
  /** Whether it is the container's root, from which absolute link targets are followed. */
  readonly isRoot: boolean;

  constructor(directory: Directory, isRoot: boolean) {
    this.directory = directory;
    this.isRoot = isRoot;
  }

  close(): void {
    this.directory.close();
  }
}

/**
 * One walk at a time: `begin`, then act on `name` in `directory`, call `followLast` if that turns out to
 * be a link that is to be followed and act again, then `end`. Reused, since it allocates nothing itself.
 */
export class Walk {
  /** Where the path ends: the directory that holds the last name. Stays the walk's. */
  directory: Directory;
  /** The last name; "" if the path names `directory` itself ("." or ".." at its end). */
  name = "";
  /** Whether "/" followed the name: then it must be a directory, or a link to one. */
  slash = false;
  #start: Location;
  #links = 0;
  readonly #opened: Directory[] = [];
  readonly #nowhere: Location;

  /** `nowhere` is what it points at between walks, so that it keeps nothing of a process that ended. */
  constructor(nowhere: Location) {
    this.#nowhere = nowhere;
    this.#start = nowhere;
    this.directory = nowhere.directory;
  }

  /** Walks to the last name, which it leaves alone. `end` must follow also after an error. */
  begin(start: Location, path: string): Errno {
    this.#start = start;
    this.#links = 0;
    this.directory = start.directory;
    this.slash = false;
    if (isPlainName(path)) {
      this.name = path;
      return 0;
    }
    if (path === "") return -ENOENT;
    if (path.includes("\0")) return -EINVAL;
    if (exceeds(path, MAX_PATH_BYTES - 1)) return -ENAMETOOLONG;
    if (path.startsWith("/")) return escaped();
    return this.#go(path);
  }

  /** Follows the link that `name` is; goes nowhere if it is none any more. */
  followLast(): Errno {
    const target = this.directory.readlink(this.name);
    if (this.#wasReplaced(target)) return 0;
    if (typeof target === "number") return target;
    const rest = this.slash ? "/" : "";
    this.slash = false;
    return this.#enterLink(target, rest);
  }

  /** The directory itself, to keep after the walk: for when `name` is "". */
  take(): Directory | Errno {
    return this.#opened.pop() ?? this.directory.duplicate();
  }

  /** Closes the directories that the walk came through. */
  end(): void {
    this.#closeOpened();
    this.#start = this.#nowhere;
    this.directory = this.#nowhere.directory;
  }

  #closeOpened(): void {
    const opened = this.#opened;
    while (opened.length > 0) opened.pop()?.close();
  }

  #go(path: string): Errno {
    const length = path.length;
    let at = 0;
    this.name = "";
    for (;;) {
      while (at < length && path.charCodeAt(at) === SLASH) at++;
      if (at === length) return 0;
      let end = path.indexOf("/", at);
      if (end < 0) end = length;
      const start = at;
      const segment = path.slice(start, end);
      at = end;
      if (segment === ".") continue;
      if (segment === "..") {
        if (this.#opened.length === 0) return escaped();
        this.#opened.pop()?.close();
        this.directory = this.#opened.at(-1) ?? this.#start.directory;
        continue;
      }
      if (exceeds(segment, MAX_NAME_BYTES)) return -ENAMETOOLONG;
      while (at < length && path.charCodeAt(at) === SLASH) at++;
      if (at === length) {
        this.name = segment;
        this.slash = end < length;
        return 0;
      }
      const next = this.directory.openDirectory(segment);
      if (typeof next !== "number") {
        this.#opened.push(next);
        this.directory = next;
        if (this.#opened.length > MAX_WALK_DEPTH) return -ENAMETOOLONG;
        continue;
      }
      if (next !== -ELOOP) return next;
      const target = this.directory.readlink(segment);
      if (this.#wasReplaced(target)) {
        at = start;
        continue;
      }
      if (typeof target === "number") return target;
      return this.#enterLink(target, path.slice(end));
    }
  }

  /** Whether what was a link just now is something else by now, and to be looked at again. */
  #wasReplaced(target: string | Errno): boolean {
    return target === -EINVAL && ++this.#links <= MAX_LINKS;
  }

  /** Goes on at a link's target; `rest` is what came after the link, with its "/" in front. */
  #enterLink(target: string, rest: string): Errno {
    if (++this.#links > MAX_LINKS) return -ELOOP;
    if (target === "") return -ENOENT;
    if (target.startsWith("/")) {
      if (!this.#start.isRoot) return escaped();
      this.#closeOpened();
      this.directory = this.#start.directory;
    }
    return this.#go(target + rest);
  }
}

const SLASH = 0x2f;
const DOT = 0x2e;
/** So many UTF-16 units are at most 255 bytes, whatever they are. */
const SHORT_NAME = Math.floor(MAX_NAME_BYTES / 3);

/** The quick answer for most paths; false also for names that need a closer look. */
function isPlainName(path: string): boolean {
  const length = path.length;
  if (length === 0 || length > SHORT_NAME || path.charCodeAt(0) === DOT) return false;
  for (let at = 0; at < length; at++) {
    const unit = path.charCodeAt(at);
    if (unit === SLASH || unit === 0) return false;
  }
  return true;
}

function exceeds(text: string, bytes: number): boolean {
  if (text.length * 3 <= bytes) return false;
  return text.length > bytes || Buffer.byteLength(text) > bytes;
}
