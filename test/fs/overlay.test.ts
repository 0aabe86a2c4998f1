import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import * as E from "../../src/fs/errno.js";
import { openNamespace, type Namespace } from "../../src/fs/namespace.js";
import {
  emptyStat,
  FILETYPE_DIRECTORY,
  FILETYPE_SYMBOLIC_LINK,
  OPEN_CREATE,
  OPEN_READ,
  OPEN_TRUNCATE,
  OPEN_WRITE,
  type Stat,
} from "../../src/fs/node.js";
import * as paths from "../../src/fs/path-calls.js";
import { Location } from "../../src/fs/resolve.js";
import { BoardRecord, createWritableBoard } from "../../src/fs/writable-board.js";
import type { WritableLayer } from "../../src/mount.js";
import { readAll } from "./conformance.js";
import { IMAGE_MTIME, makeImage } from "./image-fixture.js";

const FILES = {
  "/a": "lower a",
  "/b": "lower b",
  "/l": { link: "a" },
  "/d/a": "lower d/a",
  "/d/e/b": "lower d/e/b",
  "/d/e/a": "lower d/e/a",
  "/e": undefined,
} as const;
const image = makeImage(FILES);
afterAll(() => image.remove());

const now = () => BigInt(Date.now()) * 1_000_000n;
const board = createWritableBoard();
let made = 0;

/** One container: processes that share a layer, each with its own view as in a worker of its own. */
class Container {
  readonly layer: Extract<WritableLayer, { type: "directory" }>;
  readonly record: BoardRecord;
  readonly #opened: Namespace[] = [];

  constructor(limits: { maxBytes?: number; maxFiles?: number } = {}) {
    const record = made++;
    this.layer = {
      type: "directory",
      directory: join(image.folder, `layer-${record}`),
      maxBytes: limits.maxBytes ?? 2 ** 24,
      maxFiles: limits.maxFiles ?? 1000,
      board: record,
    };
    this.record = new BoardRecord(board, record);
    containers.push(this);
  }

  process(): Location {
    const namespace = openNamespace([image.mount(this.layer)], { now, board });
    this.#opened.push(namespace);
    return rootOf(namespace);
  }

  remove(): void {
    for (const namespace of this.#opened.splice(0)) {
      rootOf(namespace).close();
      namespace.close();
    }
    rmSync(this.layer.directory, { recursive: true, force: true });
  }
}

const containers: Container[] = [];
afterEach(() => {
  for (const container of containers.splice(0)) container.remove();
});

function rootOf(namespace: Namespace): Location {
  const location = namespace.preopens[0]?.location;
  if (location === undefined) throw new Error("nothing is preopened");
  return location;
}

function inMemory(maxBytes = 2 ** 24, maxFiles = 1000): Location {
  const mount = image.mount({ type: "memory", maxBytes, maxFiles });
  return rootOf(openNamespace([mount], { now, board: undefined }));
}

function read(root: Location, path: string): string | number {
  const file = paths.openPath(root, path, true, OPEN_READ);
  if (typeof file === "number") return file;
  if (file instanceof Location) {
    file.close();
    return -E.EISDIR;
  }
  const text = readAll(file);
  file.close();
  return text;
}

/** Writes `text` at `position`, or in place of the contents. */
function write(root: Location, path: string, text: string, position?: number): number {
  const flags = OPEN_WRITE | OPEN_CREATE | (position === undefined ? OPEN_TRUNCATE : 0);
  const file = paths.openPath(root, path, true, flags);
  if (typeof file === "number") return file;
  if (file instanceof Location) throw new Error("opened a directory for writing");
  const bytes = Buffer.from(text);
  const answer = bytes.length === 0 ? 0 : file.write(bytes, 0, bytes.length, position ?? 0);
  file.close();
  return Math.min(answer, 0);
}

function list(root: Location, path: string): string[] {
  const directory = paths.openPath(root, path, true, OPEN_READ);
  if (!(directory instanceof Location)) throw new Error(`${path} is no directory`);
  const entries = directory.directory.list();
  directory.close();
  if (typeof entries === "number") throw new Error(`cannot list ${path}: ${entries}`);
  const stat = emptyStat();
  for (const { name, ino, type } of entries) {
    expect(paths.statPath(root, `${path}/${name}`, false, stat)).toBe(0);
    expect([name, stat.ino, stat.type]).toEqual([name, ino, type]);
  }
  return entries.map(({ name }) => name).toSorted();
}

/** Everything at and below `path`, as plain text. */
function dump(root: Location, path = "."): Record<string, string> {
  const found: Record<string, string> = {};
  const stat = emptyStat();
  for (const name of list(root, path)) {
    const child = path === "." ? name : `${path}/${name}`;
    paths.statPath(root, child, false, stat);
    if (stat.type === FILETYPE_DIRECTORY) {
      found[child] = "directory";
      Object.assign(found, dump(root, child));
    } else if (stat.type === FILETYPE_SYMBOLIC_LINK)
      found[child] = `-> ${String(paths.readlinkPath(root, child))}`;
    else found[child] = String(read(root, child));
  }
  return found;
}

function statOf(root: Location, path: string): Stat {
  const stat = emptyStat();
  expect(paths.statPath(root, path, false, stat)).toBe(0);
  return stat;
}

describe("a layer on disk", () => {
  test("does not exist until something is written", () => {
    const container = new Container();
    const root = container.process();
    expect(read(root, "d/e/b")).toBe("lower d/e/b");
    expect(list(root, "d")).toEqual(["a", "e"]);
    expect(read(root, "none")).toBe(-E.ENOENT);
    expect(paths.unlinkPath(root, "none")).toBe(-E.ENOENT);
    expect(paths.mkdirPath(root, "d")).toBe(-E.EEXIST);
    expect(container.record.generation()).toBe(0);
    expect(existsSync(container.layer.directory)).toBe(false);
    expect(write(root, "d/new", "text")).toBe(0);
    expect(container.record.generation()).toBeGreaterThan(0);
    expect(read(root, "d/new")).toBe("text");
  });

  test("is seen by every process of the container at once", () => {
    const container = new Container();
    const [one, two] = [container.process(), container.process()];
    expect(read(two, "a")).toBe("lower a");
    expect(write(one, "a", "changed")).toBe(0);
    expect(read(two, "a")).toBe("changed");
    expect(write(two, "d/e/new", "from two")).toBe(0);
    expect(list(one, "d/e")).toEqual(["a", "b", "new"]);
    expect(paths.unlinkPath(one, "d/e/b")).toBe(0);
    expect(read(two, "d/e/b")).toBe(-E.ENOENT);
    expect(paths.renamePath(two, "a", two, "d/e/b")).toBe(0);
    expect(read(one, "d/e/b")).toBe("changed");
    expect(read(one, "a")).toBe(-E.ENOENT);
    expect(dump(one)).toEqual(dump(two));
    // One that starts later sees the same.
    expect(dump(container.process())).toEqual(dump(one));
  });

  test("a guest can neither see nor forge its markers", () => {
    const container = new Container();
    const root = container.process();
    expect(paths.unlinkPath(root, "a")).toBe(0);
    expect(list(root, ".")).toEqual(["b", "d", "e", "l"]);
    for (const name of [".wh.b", ".wh..wh..opq", "hidden", "files", "work", "\u0001"]) {
      expect(write(root, name, "mine")).toBe(0);
      expect(read(root, name)).toBe("mine");
      expect(paths.mkdirPath(root, `d/${name}`)).toBe(0);
    }
    expect(read(root, "b")).toBe("lower b");
    expect(list(root, "d")).toContain("a");
    expect(read(root, "a")).toBe(-E.ENOENT);
  });

  test("names of 255 bytes can be removed and made again", () => {
    const name = "n".repeat(255);
    const long = makeImage({ [`/${name}`]: "long", [`/d/${name}/f`]: "f" });
    const mount = long.mount({ type: "memory", maxBytes: 1e6, maxFiles: 10 });
    const root = rootOf(openNamespace([mount], { now, board: undefined }));
    expect(write(root, name, "changed")).toBe(0);
    expect(paths.unlinkPath(root, name)).toBe(0);
    expect(list(root, ".")).toEqual(["d"]);
    expect(paths.unlinkPath(root, `d/${name}/f`)).toBe(0);
    expect(paths.rmdirPath(root, `d/${name}`)).toBe(0);
    expect(paths.mkdirPath(root, `d/${name}`)).toBe(0);
    expect(list(root, `d/${name}`)).toEqual([]);
    long.remove();
  });

  test("copies what is written to whole, with its times, and leaves the directories theirs", () => {
    const container = new Container();
    const root = container.process();
    const directories = [".", "d", "d/e"];
    const before = directories.map((path) => statOf(root, path).mtime);
    expect(paths.setTimesPath(root, "d/e/b", false, 5n, 6n)).toBe(0);
    const stat = statOf(root, "d/e/b");
    expect([stat.atime, stat.mtime]).toEqual([5n, 6n]);
    expect(read(root, "d/e/b")).toBe("lower d/e/b");
    expect(directories.map((path) => statOf(root, path).mtime)).toEqual(before);
    const file = paths.openPath(root, "d/a", true, OPEN_READ | OPEN_WRITE);
    if (typeof file === "number" || file instanceof Location) throw new Error("cannot open d/a");
    file.close();
    expect(statOf(root, "d/a").mtime).toBe(IMAGE_MTIME);
    expect(readdirSync(join(container.layer.directory, "work"))).toEqual([]);
  });

  test("passes over what a process that died has left", () => {
    const container = new Container();
    const root = container.process();
    expect(write(root, "d/new", "")).toBe(0);
    const files = join(container.layer.directory, "files");
    writeFileSync(join(files, "b"), "a copy that was never shown");
    mkdirSync(join(files, "d", "e"));
    writeFileSync(join(files, "d", "e", "a"), "another");
    expect(read(root, "b")).toBe("lower b");
    expect(list(root, ".")).toEqual(["a", "b", "d", "e", "l"]);
    expect(list(root, "d/e")).toEqual(["a", "b"]);
    expect(write(root, "b", "+", 7)).toBe(0);
    expect(read(root, "b")).toBe("lower b+");
    expect(paths.renamePath(root, "b", root, "d/e/a")).toBe(0);
    expect(read(root, "d/e/a")).toBe("lower b+");
  });
});

describe.each(["memory", "disk"])("an overlay in %s", (kind) => {
  const start = (maxBytes = 2 ** 24, maxFiles = 1000) =>
    kind === "memory"
      ? inMemory(maxBytes, maxFiles)
      : new Container({ maxBytes, maxFiles }).process();

  test("keeps the image as it is for everybody else", () => {
    const root = start();
    expect(write(root, "d/a", "changed")).toBe(0);
    expect(read(root, "d/a")).toBe("changed");
    expect(read(start(), "d/a")).toBe("lower d/a");
  });

  test("a directory that was removed and made again is empty", () => {
    const root = start();
    for (const path of ["d/e/a", "d/e/b"]) expect(paths.unlinkPath(root, path)).toBe(0);
    expect(paths.rmdirPath(root, "d")).toBe(-E.ENOTEMPTY);
    expect(paths.rmdirPath(root, "d/e")).toBe(0);
    expect(paths.mkdirPath(root, "d/e")).toBe(0);
    expect(list(root, "d/e")).toEqual([]);
    expect(write(root, "d/e/b", "new")).toBe(0);
    expect(list(root, "d/e")).toEqual(["b"]);
  });

  test("a handle on a removed directory of the image is not its successor's", () => {
    const root = start();
    const old = paths.openPath(root, "e", true, OPEN_READ);
    if (!(old instanceof Location)) throw new Error("no directory");
    expect(paths.rmdirPath(root, "e")).toBe(0);
    expect(write(old, "f", "")).toBe(-E.ENOENT);
    expect(paths.mkdirPath(root, "e")).toBe(0);
    expect(write(root, "e/f", "")).toBe(0);
    expect(list(old, ".")).toEqual([]);
    expect(write(old, "g", "")).toBe(-E.ENOENT);
    expect(list(root, "e")).toEqual(["f"]);
    old.close();
  });

  test("directories of the image do not move, new ones do, also onto empty ones of the image", () => {
    const root = start();
    expect(paths.renamePath(root, "d", root, "x")).toBe(-E.EXDEV);
    expect(paths.renamePath(root, "d", root, "d")).toBe(0);
    expect(paths.mkdirPath(root, "n")).toBe(0);
    expect(write(root, "n/f", "f")).toBe(0);
    expect(paths.renamePath(root, "n", root, "d")).toBe(-E.ENOTEMPTY);
    expect(paths.renamePath(root, "n", root, "a")).toBe(-E.ENOTDIR);
    expect(paths.renamePath(root, "a", root, "e")).toBe(-E.EISDIR);
    expect(paths.renamePath(root, "n", root, "e")).toBe(0);
    expect(list(root, "e")).toEqual(["f"]);
    expect(paths.renamePath(root, "e", root, "d/n")).toBe(0);
    expect(read(root, "d/n/f")).toBe("f");
    expect(list(root, ".")).toEqual(["a", "b", "d", "l"]);
  });

  test("a file of the image renamed, linked, or replaced", () => {
    const root = start();
    expect(paths.linkPath(root, "a", true, root, "d/hard")).toBe(0);
    expect(statOf(root, "a").ino).toBe(statOf(root, "d/hard").ino);
    expect(write(root, "d/hard", "both")).toBe(0);
    expect(read(root, "a")).toBe("both");
    expect(paths.renamePath(root, "l", root, "m")).toBe(0);
    expect(paths.readlinkPath(root, "m")).toBe("a");
    expect(write(root, "new", "atomic")).toBe(0);
    expect(paths.renamePath(root, "new", root, "b")).toBe(0);
    expect(read(root, "b")).toBe("atomic");
    expect(paths.renamePath(root, "d/a", root, "b")).toBe(0);
    expect(read(root, "b")).toBe("lower d/a");
    expect(list(root, ".")).toEqual(["a", "b", "d", "e", "m"]);
  });

  test("the quota bounds bytes and files, and removing works when it is used up", () => {
    const root = start(65_536, 4);
    expect(write(root, "f", "x".repeat(100_000))).toBe(0); // cut short
    const size = statOf(root, "f").size;
    expect(size).toBeGreaterThan(60_000);
    expect(size).toBeLessThanOrEqual(65_536);
    expect(write(root, "a", "more", 0)).toBe(-E.ENOSPC);
    expect(read(root, "a")).toBe("lower a");
    expect(paths.unlinkPath(root, "f")).toBe(0);
    expect(write(root, "a", "LOWER", 0)).toBe(0);
    expect(read(root, "a")).toBe("LOWER a");
    let answer = 0;
    let files = 0;
    while (answer === 0 && files < 10) answer = paths.mkdirPath(root, `many-${files++}`);
    expect(answer).toBe(-E.ENOSPC);
    expect(paths.symlinkPath("x", root, "link")).toBe(-E.ENOSPC);
    expect(write(root, "file", "")).toBe(-E.ENOSPC);
    expect(paths.unlinkPath(root, "d/e/b")).toBe(0);
    expect(paths.unlinkPath(root, "d/e/a")).toBe(0);
    expect(paths.rmdirPath(root, "d/e")).toBe(0);
    expect(list(root, "d")).toEqual(["a"]);
    expect(paths.rmdirPath(root, "many-0")).toBe(0);
    expect(paths.rmdirPath(root, "many-1")).toBe(0);
    expect(write(root, "d/file", "")).toBe(0);
  });
});

test("what a layer on disk counts comes back to nothing", () => {
  const container = new Container();
  const root = container.process();
  expect(write(root, "new", "x".repeat(10_000))).toBe(0);
  expect(write(root, "a", "+", 7)).toBe(0);
  expect(paths.linkPath(root, "new", true, root, "again")).toBe(0);
  expect(paths.symlinkPath("x", root, "link")).toBe(0);
  expect(container.record.bytes()).toBe(4096 * 4);
  expect(container.record.files()).toBe(4); // names
  const open = paths.openPath(root, "a", true, OPEN_READ | OPEN_WRITE);
  for (const path of ["a", "again", "link"]) expect(paths.unlinkPath(root, path)).toBe(0);
  expect(container.record.bytes()).toBe(4096 * 4); // "new" has a name, "a" is open
  if (typeof open === "object") open.close();
  expect(container.record.bytes()).toBe(4096 * 3);
  expect(write(root, "b", "")).toBe(0);
  expect(paths.renamePath(root, "b", root, "new")).toBe(0);
  expect([container.record.bytes(), container.record.files()]).toEqual([0, 1]);
  expect(paths.unlinkPath(root, "new")).toBe(0);
  expect(container.record.files()).toBe(0);
});

/** What an overlay must do, as a map of paths to nodes. */
type ModelNode =
  | { readonly type: "file"; text: string }
  | { readonly type: "link"; readonly target: string }
  | { readonly type: "directory"; readonly ofImage: boolean };

class Model {
  readonly nodes = new Map<string, ModelNode>();

  constructor() {
    for (const [path, content] of Object.entries(FILES)) {
      const name = path.slice(1);
      for (let at = name.indexOf("/"); at > 0; at = name.indexOf("/", at + 1))
        this.nodes.set(name.slice(0, at), { type: "directory", ofImage: true });
      if (content === undefined) this.nodes.set(name, { type: "directory", ofImage: true });
      else if (typeof content === "string") this.nodes.set(name, { type: "file", text: content });
      else this.nodes.set(name, { type: "link", target: content.link });
    }
  }

  #below(path: string): string[] {
    return [...this.nodes.keys()].filter((each) => each.startsWith(`${path}/`));
  }

  /** 0 if the directory that holds `path` is there. */
  #parent(path: string): number {
    const cut = path.lastIndexOf("/");
    if (cut < 0) return 0;
    const parent = path.slice(0, cut);
    const error = this.#parent(parent);
    if (error < 0) return error;
    const node = this.nodes.get(parent);
    if (node === undefined) return -E.ENOENT;
    return node.type === "directory" ? 0 : -E.ENOTDIR;
  }

  write(path: string, text: string, position: number | undefined): number {
    const error = this.#parent(path);
    if (error < 0) return error;
    const node = this.nodes.get(path);
    if (node === undefined) {
      const hole = "\0".repeat(text === "" ? 0 : (position ?? 0));
      this.nodes.set(path, { type: "file", text: hole + text });
    } else if (node.type === "directory") return -E.EISDIR;
    else if (node.type === "link") return -E.ELOOP;
    else if (position === undefined) node.text = text;
    else if (text !== "")
      node.text =
        node.text.slice(0, position).padEnd(position, "\0") +
        text +
        node.text.slice(position + text.length);
    return 0;
  }

  make(path: string, node: ModelNode): number {
    const error = this.#parent(path);
    if (error < 0) return error;
    if (this.nodes.has(path)) return -E.EEXIST;
    this.nodes.set(path, node);
    return 0;
  }

  remove(path: string, directory: boolean): number {
    const error = this.#parent(path);
    if (error < 0) return error;
    const node = this.nodes.get(path);
    if (node === undefined) return -E.ENOENT;
    if (directory && node.type !== "directory") return -E.ENOTDIR;
    if (!directory && node.type === "directory") return -E.EISDIR;
    if (this.#below(path).length > 0) return -E.ENOTEMPTY;
    this.nodes.delete(path);
    return 0;
  }

  link(path: string, to: string): number {
    const error = this.#parent(path);
    if (error < 0) return error;
    const toError = this.#parent(to);
    if (toError < 0) return toError;
    const node = this.nodes.get(path);
    if (node === undefined) return -E.ENOENT;
    if (node.type === "directory") return this.nodes.has(to) ? -E.EEXIST : -E.EPERM;
    return this.make(to, node);
  }

  rename(path: string, to: string): number {
    const error = this.#parent(path);
    if (error < 0) return error;
    const toError = this.#parent(to);
    if (toError < 0) return toError;
    const node = this.nodes.get(path);
    if (node === undefined) return -E.ENOENT;
    const target = this.nodes.get(to);
    if (path === to || target === node) return 0;
    if (node.type === "directory") {
      if (target !== undefined && target.type !== "directory") return -E.ENOTDIR;
      if (node.ofImage) return -E.EXDEV;
      if (to.startsWith(`${path}/`)) return -E.EINVAL;
      if (this.#below(to).length > 0) return -E.ENOTEMPTY;
    } else if (target?.type === "directory") return -E.EISDIR;
    for (const each of [path, ...this.#below(path)]) {
      const moved = this.nodes.get(each);
      this.nodes.delete(each);
      if (moved !== undefined) this.nodes.set(to + each.slice(path.length), moved);
    }
    return 0;
  }

  dump(): Record<string, string> {
    const found: Record<string, string> = {};
    for (const [path, node] of this.nodes)
      if (node.type === "file") found[path] = node.text;
      else found[path] = node.type === "link" ? `-> ${node.target}` : "directory";
    return found;
  }
}

const segment = fc.constantFrom("a", "b", "d", "e", "l", "n");
const path = fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
const command = fc.oneof(
  fc.record({
    op: fc.constant("write" as const),
    path,
    text: fc.constantFrom("", "x", "longer text"),
  }),
  fc.record({ op: fc.constant("patch" as const), path, text: fc.constantFrom("", "P") }),
  fc.record({
    op: fc.constantFrom("mkdir" as const, "rmdir" as const, "unlink" as const, "symlink" as const),
    path,
  }),
  fc.record({ op: fc.constantFrom("rename" as const, "link" as const), path, to: path }),
);
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;
const run = fc.array(fc.record({ what: command, who: fc.nat(1) }), { minLength: 1, maxLength: 25 });

/** Links are not followed, since the model does not: a path through one is left out. */
function throughLink(model: Model, each: string): boolean {
  let at = each.indexOf("/");
  for (; at > 0; at = each.indexOf("/", at + 1))
    if (model.nodes.get(each.slice(0, at))?.type === "link") return true;
  return false;
}

function apply(root: Location, model: Model, what: Command): [number, number] {
  switch (what.op) {
    case "write":
      return [write(root, what.path, what.text), model.write(what.path, what.text, undefined)];
    case "patch":
      return [write(root, what.path, what.text, 9), model.write(what.path, what.text, 9)];
    case "mkdir":
      return [
        paths.mkdirPath(root, what.path),
        model.make(what.path, { type: "directory", ofImage: false }),
      ];
    case "symlink":
      return [
        paths.symlinkPath("some/where", root, what.path),
        model.make(what.path, { type: "link", target: "some/where" }),
      ];
    case "rmdir":
      return [paths.rmdirPath(root, what.path), model.remove(what.path, true)];
    case "unlink":
      return [paths.unlinkPath(root, what.path), model.remove(what.path, false)];
    case "rename":
      return [paths.renamePath(root, what.path, root, what.to), model.rename(what.path, what.to)];
    case "link":
      return [
        paths.linkPath(root, what.path, false, root, what.to),
        model.link(what.path, what.to),
      ];
  }
}

describe.each(["memory", "disk"])("any changes of an overlay in %s", (kind) => {
  test("leave it as a plain map says, for each of two processes", { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(run, (commands) => {
        const container = kind === "disk" ? new Container() : undefined;
        const one = container?.process() ?? inMemory();
        const processes = [one, container?.process() ?? one];
        const model = new Model();
        for (const { what, who } of commands) {
          const touched = "to" in what ? [what.path, what.to] : [what.path];
          if (touched.some((each) => throughLink(model, each))) continue;
          if (
            (what.op === "write" || what.op === "patch") &&
            model.nodes.get(what.path)?.type === "link"
          )
            continue;
          const [actual, expected] = apply(processes[who] ?? one, model, what);
          expect([what, actual]).toEqual([what, expected]);
        }
        for (const root of new Set(processes)) expect(dump(root)).toEqual(model.dump());
        if (container !== undefined) expect(dump(container.process())).toEqual(model.dump());
        container?.remove();
      }),
      { numRuns: kind === "disk" ? 300 : 1500 },
    );
  });
});
