import { setImmediate } from "node:timers/promises";
import { EISDIR, ENOENT, ENOTDIR, EPERM, type Errno } from "../fs/errno.js";
import {
  FILETYPE_DIRECTORY,
  FILETYPE_REGULAR_FILE,
  FILETYPE_SYMBOLIC_LINK,
  OPEN_CREATE,
  OPEN_DIRECTORY,
  OPEN_READ,
  OPEN_TRUNCATE,
  OPEN_WRITE,
  emptyStat,
  type File,
} from "../fs/node.js";
import {
  mkdirPath,
  openPath,
  readlinkPath,
  renamePath,
  rmdirPath,
  statPath,
  symlinkPath,
  unlinkPath,
} from "../fs/path-calls.js";
import type { Location } from "../fs/resolve.js";
import { checkText } from "./check-image.js";
import { fileError } from "./container-file-error.js";
import type { OpenFiles } from "./container-host.js";
import { readContent, writeContent } from "./file-content.js";
import { Problems, show } from "./problems.js";
import { readKnownOptions, reading } from "./read-options.js";

/** What `container.fs.stat` answers. */
export interface FileStat {
  readonly type: "file" | "directory" | "symlink" | "other";
  /** Bytes. */
  readonly size: number;
  /** Of the last change of the content, in ms since 1970. */
  readonly mtimeMs: number;
}

const RM_KEYS = ["recursive", "force"];
/** Directories of a removal below each other: the kernel's own bound of a walk. */
const MAX_DEPTH = 512;

/**
 * The container's files from the app's side, as `docker cp` has them: the image's with what the writable
 * layer changed, and the mounts. Memory mounts are private to each process and empty here.
 *
 * Paths are absolute guest paths, with or without the first "/"; they can lead nowhere but into the
 * container. Every call may throw SafedockError `ERR_CONTAINER_FILE` with the POSIX name in
 * `data.errno`, and `ERR_CONTAINER_STATE` once the container is removed.
 *
 * @example
 * ```ts
 * await container.fs.writeFile("/in.txt", "42");
 * await (await container.start()).wait();
 * console.log((await container.fs.readFile("/out.txt")).toString());
 * ```
 */
export class ContainerFiles {
  readonly #id: string;
  readonly #open: () => Promise<OpenFiles>;

  /** @internal */
  constructor(id: string, open: () => Promise<OpenFiles>) {
    this.#id = id;
    this.#open = open;
  }

  /** The whole content of a file. */
  readFile(path: string): Promise<Buffer> {
    return this.#within("read", path, async (root, relative) => {
      const file = this.#file(openPath(root, relative, true, OPEN_READ), "read", path);
      try {
        return await readContent(file, path);
      } finally {
        file.close();
      }
    });
  }

  /** Makes a file or replaces its content. Text is written as UTF-8. */
  writeFile(path: string, data: string | Uint8Array): Promise<void> {
    return this.#within("write", path, async (root, relative) => {
      reading("data", "data", () => checkData(data));
      const flags = OPEN_WRITE | OPEN_CREATE | OPEN_TRUNCATE;
      const file = this.#file(openPath(root, relative, true, flags), "write", path);
      const content = typeof data === "string" ? Buffer.from(data) : data;
      try {
        await writeContent(file, path, content);
      } finally {
        file.close();
      }
    });
  }

  /** Names in a directory, in a stable order. */
  readdir(path: string): Promise<string[]> {
    return this.#within("list", path, (root, relative) => list(root, relative, path));
  }

  /**
   * Makes a directory.
   *
   * @param options - `recursive` makes missing parents, and takes a directory that is there.
   */
  mkdir(path: string, options: { readonly recursive?: boolean } = {}): Promise<void> {
    return this.#within("make", path, (root, relative) => {
      const { recursive } = readKnownOptions("mkdir options", options, ["recursive"]);
      if (recursive !== true) return this.#check(mkdirPath(root, relative), "make", path);
      const segments = relative.split("/");
      for (let end = 1; end <= segments.length; end++) {
        const parent = segments.slice(0, end).join("/");
        const stat = emptyStat();
        if (statPath(root, parent, true, stat) === 0 && stat.type === FILETYPE_DIRECTORY) continue;
        this.#check(mkdirPath(root, parent), "make", path);
      }
    });
  }

  /** What is at `path`; a symbolic link is followed. */
  stat(path: string): Promise<FileStat> {
    return this.#within("stat", path, (root, relative) => {
      const stat = emptyStat();
      this.#check(statPath(root, relative, true, stat), "stat", path);
      return { type: nameOf(stat.type), size: stat.size, mtimeMs: Number(stat.mtime / 1_000_000n) };
    });
  }

  /** Whether there is something at `path`, after links. */
  exists(path: string): Promise<boolean> {
    return this.#within(
      "stat",
      path,
      (root, relative) => statPath(root, relative, true, emptyStat()) === 0,
    );
  }

  /** The text of a symbolic link. */
  readlink(path: string): Promise<string> {
    return this.#within("read", path, (root, relative) => {
      const target = readlinkPath(root, relative);
      if (typeof target === "number") throw fileError("read", path, target);
      return target;
    });
  }

  /** Makes a symbolic link at `path`; the target is taken as it is. */
  symlink(target: string, path: string): Promise<void> {
    return this.#within("link", path, (root, relative) => {
      checkText("target", target);
      this.#check(symlinkPath(target, root, relative), "link", path);
    });
  }

  /** Moves a file or directory, in place of a file that is there. */
  rename(from: string, to: string): Promise<void> {
    return this.#within("rename", from, (root, relative) => {
      checkText("to", to);
      this.#check(renamePath(root, relative, root, toRelative(to)), "rename", from);
    });
  }

  /**
   * Removes a file, a link or an empty directory.
   *
   * @param options - `recursive`: also what is in a directory; `force`: also nothing.
   */
  rm(
    path: string,
    options: { readonly recursive?: boolean; readonly force?: boolean } = {},
  ): Promise<void> {
    return this.#within("remove", path, (root, relative) => {
      const { recursive, force } = readKnownOptions("rm options", options, RM_KEYS);
      return this.#remove(root, relative, recursive === true, force === true, 0);
    });
  }

  async #remove(
    root: Location,
    path: string,
    recursive: boolean,
    force: boolean,
    depth: number,
  ): Promise<void> {
    const stat = emptyStat();
    const missing = statPath(root, path, false, stat);
    if (missing === -ENOENT && force) return;
    this.#check(missing, "remove", path);
    if (stat.type !== FILETYPE_DIRECTORY)
      return this.#check(unlinkPath(root, path), "remove", path);
    if (recursive && depth < MAX_DEPTH) {
      for (const name of list(root, path, path)) {
        await this.#remove(root, `${path}/${name}`, recursive, force, depth + 1);
      }
      await setImmediate();
    }
    this.#check(rmdirPath(root, path), "remove", path);
  }

  async #within<T>(
    verb: string,
    path: string,
    act: (root: Location, relative: string) => T | Promise<T>,
  ): Promise<T> {
    checkText("path", path);
    const files = await this.#open();
    try {
      if (files.root === undefined)
        throw fileError(verb, path, -EPERM, `container ${this.#id} has no root`);
      return await act(files.root, toRelative(path));
    } finally {
      files.close();
    }
  }

  #file(opened: File | Location | Errno, verb: string, path: string): File {
    if (typeof opened === "number") throw fileError(verb, path, opened);
    if ("type" in opened && opened.type === FILETYPE_REGULAR_FILE) return opened;
    opened.close();
    throw fileError(verb, path, -EISDIR);
  }

  #check(answer: Errno, verb: string, path: string): void {
    if (answer < 0) throw fileError(verb, path, answer);
  }
}

function list(root: Location, relative: string, path: string): string[] {
  const opened = openPath(root, relative, true, OPEN_READ | OPEN_DIRECTORY);
  if (typeof opened === "number") throw fileError("list", path, opened);
  try {
    if (!("directory" in opened)) throw fileError("list", path, -ENOTDIR);
    const entries = opened.directory.list();
    if (typeof entries === "number") throw fileError("list", path, entries);
    return entries.map(({ name }) => name);
  } finally {
    opened.close();
  }
}

function checkData(data: unknown): void {
  if (typeof data === "string" || data instanceof Uint8Array) return;
  const problems = new Problems();
  problems.add(`data: must be a string or bytes, not ${show(data)}`);
  problems.throwIfAny("data");
}

/** The kernel takes paths relative to a directory: here, the root. */
function toRelative(path: string): string {
  const relative = path.replace(/^\/+/, "");
  return relative === "" ? "." : relative;
}

function nameOf(type: number): FileStat["type"] {
  if (type === FILETYPE_REGULAR_FILE) return "file";
  if (type === FILETYPE_DIRECTORY) return "directory";
  return type === FILETYPE_SYMBOLIC_LINK ? "symlink" : "other";
}
