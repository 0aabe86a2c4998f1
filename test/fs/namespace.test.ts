import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isSafedockError } from "../../src/base/errors.js";
import * as E from "../../src/fs/errno.js";
import { openNamespace, type Namespace } from "../../src/fs/namespace.js";
import {
  emptyStat,
  FILETYPE_DIRECTORY,
  OPEN_CREATE,
  OPEN_DIRECTORY,
  OPEN_EXCLUSIVE,
  OPEN_READ,
  OPEN_WRITE,
} from "../../src/fs/node.js";
import * as paths from "../../src/fs/path-calls.js";
import { ESCAPE, Location } from "../../src/fs/resolve.js";
import { createWritableBoard } from "../../src/fs/writable-board.js";
import type { Mount } from "../../src/mount.js";
import { names, readAll } from "./conformance.js";
import { makeImage, type ImageFixture } from "./image-fixture.js";

const now = () => 1n;
const memory = (target: string): Mount => ({
  type: "memory",
  target,
  maxBytes: 2 ** 20,
  maxFiles: 100,
});

let image: ImageFixture;
let host: string;
const opened: Namespace[] = [];

beforeEach(() => {
  image = makeImage({
    "/etc/hosts": "localhost",
    "/data/hidden": "under the mount",
    "/abs": { link: "/data/file" },
    "/rel": { link: "data/../etc/hosts" },
    "/file": "a file",
  });
  host = mkdtempSync(join(tmpdir(), "safedock-host-"));
  writeFileSync(join(host, "file"), "from the host");
  mkdirSync(join(host, "sub"));
  symlinkSync("/etc/hosts", join(host, "hosts"));
  symlinkSync("../etc/hosts", join(host, "above"));
});

afterEach(() => {
  for (const namespace of opened.splice(0)) {
    for (const { location } of namespace.preopens) location.close();
    namespace.close();
  }
  image.remove();
  rmSync(host, { recursive: true });
});

function open(...mounts: Mount[]): Namespace {
  const namespace = openNamespace(mounts, { now, board: undefined });
  opened.push(namespace);
  return namespace;
}

const bind = (target: string, access: "read-only" | "read-write" = "read-write"): Mount => ({
  type: "bind",
  target,
  source: host,
  access,
});

function at(namespace: Namespace, name: string): Location {
  const preopen = namespace.preopens.find((each) => each.name === name);
  if (preopen === undefined) throw new Error(`${name} is not preopened`);
  return preopen.location;
}

function read(location: Location, path: string): string | number {
  const answer = paths.openPath(location, path, true, OPEN_READ);
  if (typeof answer === "number") return answer;
  if (answer instanceof Location) {
    answer.close();
    return "directory";
  }
  const text = readAll(answer);
  answer.close();
  return text;
}

function write(location: Location, path: string): number {
  const file = paths.openPath(location, path, true, OPEN_WRITE | OPEN_CREATE | OPEN_EXCLUSIVE);
  if (typeof file === "number") return file;
  file.close();
  return 0;
}

function list(location: Location, path: string): string[] {
  const directory = paths.openPath(location, path, true, OPEN_READ | OPEN_DIRECTORY);
  if (!(directory instanceof Location)) throw new Error(`cannot list ${path}`);
  const found = names(directory.directory);
  directory.close();
  return found;
}

function codeOf(...mounts: Mount[]): string {
  try {
    open(...mounts);
  } catch (error) {
    if (isSafedockError(error)) return error.code;
    throw error;
  }
  return "no error";
}

test("the root comes first, then the mounts as given", () => {
  const namespace = open(memory("/b"), bind("/data"), image.mount(), memory("/a/c"));
  expect(namespace.preopens.map((each) => each.name)).toEqual(["/", "/b", "/data", "/a/c"]);
  expect(namespace.preopens.map((each) => each.location.isRoot)).toEqual([
    true,
    false,
    false,
    false,
  ]);
  expect(open(memory("/x")).preopens.map((each) => each.name)).toEqual(["/x"]);
  expect(open().preopens).toEqual([]);
});

test("the image alone is read", () => {
  const root = at(open(image.mount()), "/");
  expect(read(root, "etc/hosts")).toBe("localhost");
  expect(read(root, "rel")).toBe("localhost");
  expect(read(root, "abs")).toBe(-E.ENOENT);
  expect(write(root, "new")).toBe(-E.EROFS);
  expect(list(root, ".")).toEqual(["abs", "data", "etc", "file", "rel"]);
});

describe("mounts below the root", () => {
  test("cover what the image has there, and can be reached by walking", () => {
    const namespace = open(
      image.mount(),
      bind("/data"),
      memory("/data/sub/deep"),
      memory("/srv/x/y"),
    );
    const root = at(namespace, "/");
    expect(read(root, "data/file")).toBe("from the host");
    expect(read(root, "data/hidden")).toBe(-E.ENOENT);
    expect(read(at(namespace, "/data"), "file")).toBe("from the host");
    expect(read(root, "abs")).toBe("from the host");
    expect(read(root, "rel")).toBe("localhost");
    // ".." of a mount's root is where the walk came from.
    expect(read(root, "data/../etc/hosts")).toBe("localhost");
    expect(read(root, "data/sub/deep/../../../etc/hosts")).toBe("localhost");
    expect(read(at(namespace, "/data"), "../etc/hosts")).toBe(ESCAPE);
    // Links of the mount lead through the whole tree if the walk began at its root.
    expect(read(root, "data/hosts")).toBe("localhost");
    expect(read(root, "data/above")).toBe("localhost");
    expect(read(at(namespace, "/data"), "hosts")).toBe(ESCAPE);
    expect(read(at(namespace, "/data"), "above")).toBe(ESCAPE);
  });

  test("show in their directories, also where the image has none", () => {
    const namespace = open(
      image.mount(),
      bind("/data"),
      memory("/data/sub/deep"),
      memory("/srv/x/y"),
      memory("/file/z"),
    );
    const root = at(namespace, "/");
    expect(list(root, ".")).toEqual(["abs", "data", "etc", "file", "rel", "srv"]);
    expect(list(root, "srv")).toEqual(["x"]);
    expect(list(root, "srv/x")).toEqual(["y"]);
    expect(list(root, "file")).toEqual(["z"]); // covers the image's file
    expect(list(root, "data/sub")).toEqual(["deep"]);
    expect(list(at(namespace, "/data"), "sub")).toEqual(["deep"]);
    const stat = emptyStat();
    for (const path of ["srv", "srv/x", "srv/x/y", "data", "file", "data/sub/deep"]) {
      expect(paths.statPath(root, path, true, stat)).toBe(0);
      expect([path, stat.type]).toEqual([path, FILETYPE_DIRECTORY]);
    }
    expect(write(root, "srv/x/y/file")).toBe(0);
    expect(list(at(namespace, "/srv/x/y"), ".")).toEqual(["file"]);
    expect(write(root, "srv/file")).toBe(-E.EROFS);
  });

  test("cannot be moved, removed or replaced", () => {
    const root = at(open(memory("/"), memory("/a/b")), "/");
    expect(write(root, "file")).toBe(0);
    expect(paths.mkdirPath(root, "dir")).toBe(0);
    for (const path of ["a", "a/b"]) {
      expect(paths.rmdirPath(root, path)).toBe(-E.EBUSY);
      expect(paths.renamePath(root, path, root, "x")).toBe(-E.EBUSY);
      expect(paths.renamePath(root, "dir", root, path)).toBe(-E.EBUSY);
      expect(paths.unlinkPath(root, path)).toBe(-E.EISDIR);
      expect(paths.mkdirPath(root, path)).toBe(-E.EEXIST);
      expect(paths.symlinkPath("x", root, path)).toBe(-E.EEXIST);
      expect(paths.linkPath(root, "file", true, root, path)).toBe(-E.EEXIST);
      expect(paths.linkPath(root, path, true, root, "y")).toBe(-E.EPERM);
      expect(paths.readlinkPath(root, path)).toBe(-E.EINVAL);
      expect(write(root, path)).toBe(-E.EEXIST);
      expect(paths.openPath(root, path, true, OPEN_WRITE)).toBe(-E.EISDIR);
    }
    expect(paths.renamePath(root, "file", root, "a/b/file")).toBe(-E.EXDEV);
    expect(paths.linkPath(root, "file", true, root, "a/b/file")).toBe(-E.EXDEV);
    expect(list(root, ".")).toEqual(["a", "dir", "file"]);
  });

  test("files move between covered and other directories of one filesystem", () => {
    const root = at(open(memory("/"), memory("/a/b")), "/");
    expect(paths.mkdirPath(root, "dir")).toBe(0);
    expect(write(root, "dir/file")).toBe(0);
    expect(paths.renamePath(root, "dir/file", root, "top")).toBe(0);
    expect(paths.linkPath(root, "top", true, root, "dir/again")).toBe(0);
    expect(paths.renamePath(root, "dir", root, "moved")).toBe(0);
    expect(list(root, ".")).toEqual(["a", "moved", "top"]);
    expect(paths.setTimesPath(root, "a/b", true, 3n, 4n)).toBe(0);
    const stat = emptyStat();
    paths.statPath(root, "a/b", true, stat);
    expect([stat.atime, stat.mtime]).toEqual([3n, 4n]);
  });

  test("have devices of their own", () => {
    const root = at(open(image.mount(), memory("/a"), memory("/b")), "/");
    const devices = new Set<bigint>();
    const stat = emptyStat();
    for (const path of [".", "a", "b"]) {
      paths.statPath(root, path, true, stat);
      devices.add(stat.dev);
    }
    expect(devices.size).toBe(3);
  });
});

test("a read-only bind mount refuses changes", () => {
  const root = at(open(bind("/", "read-only")), "/");
  expect(read(root, "file")).toBe("from the host");
  expect(write(root, "new")).toBe(-E.EROFS);
  expect(paths.unlinkPath(root, "file")).toBe(-E.EROFS);
  expect(readdirSync(host).toSorted()).toEqual(["above", "file", "hosts", "sub"]);
});

test("what cannot be mounted is said, and nothing stays open", () => {
  const before = existsSync("/proc/self/fd") ? readdirSync("/proc/self/fd").length : 0;
  const missing: Mount = {
    ...bind("/x"),
    type: "bind",
    source: join(host, "none"),
    access: "read-only",
  };
  const file: Mount = {
    type: "bind",
    target: "/x",
    source: join(host, "file"),
    access: "read-only",
  };
  expect(codeOf(bind("/data"), missing)).toBe("ERR_MOUNT_UNAVAILABLE");
  expect(codeOf(bind("/data"), file)).toBe("ERR_MOUNT_UNAVAILABLE");
  const tree = { ...image.mount(), tree: join(host, "none") };
  expect(codeOf(bind("/data"), tree)).toBe("ERR_STORE_INVALID");
  expect(codeOf(bind("/data"), { ...image.mount(), tree: join(host, "file") })).toBe(
    "ERR_STORE_INVALID",
  );
  expect(codeOf(bind("/data"), { ...image.mount(), blobs: [] })).toBe("ERR_STORE_INVALID");
  const layer = {
    type: "directory",
    directory: join(host, "layer"),
    maxBytes: 1,
    maxFiles: 1,
    board: 0,
  } as const;
  expect(codeOf(bind("/data"), image.mount(layer))).toBe("ERR_OPTIONS_INVALID");
  for (const target of ["x", "", "/x/", "//x", "/x/../y", "/./x", "/x\0"])
    expect([target, codeOf(bind("/data"), memory(target))]).toEqual([
      target,
      "ERR_OPTIONS_INVALID",
    ]);
  expect(codeOf(bind("/data"), memory("/data"))).toBe("ERR_OPTIONS_INVALID");
  expect(codeOf(memory("/"), memory("/"))).toBe("ERR_OPTIONS_INVALID");
  const after = existsSync("/proc/self/fd") ? readdirSync("/proc/self/fd").length : 0;
  expect(after).toBe(before);
});

test("closing gives back every descriptor", () => {
  if (!existsSync("/proc/self/fd")) return expect(process.platform).not.toBe("linux");
  const board = createWritableBoard();
  const before = readdirSync("/proc/self/fd").length;
  const writable = {
    type: "directory",
    directory: join(host, "layer"),
    maxBytes: 1e6,
    maxFiles: 9,
    board: 0,
  } as const;
  for (const mounts of [
    [image.mount(writable)],
    [image.mount(writable), bind("/data"), memory("/data/sub/deep"), bind("/srv/x")],
  ]) {
    const namespace = openNamespace(mounts, { now, board });
    const root = at(namespace, "/");
    paths.mkdirPath(root, `etc/made-${mounts.length}`);
    paths.unlinkPath(root, "etc/hosts");
    read(root, "data/sub/../file");
    list(root, ".");
    list(root, "data");
    for (const { location } of namespace.preopens) location.close();
    namespace.close();
  }
  expect(readdirSync("/proc/self/fd").length).toBe(before);
});
