import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Denial } from "../../src/fs/denial.js";
import * as E from "../../src/fs/errno.js";
import { openNamespace, type Namespace } from "../../src/fs/namespace.js";
import {
  emptyStat,
  OPEN_CREATE,
  OPEN_DIRECTORY,
  OPEN_EXCLUSIVE,
  OPEN_READ,
  OPEN_TRUNCATE,
  OPEN_WRITE,
  type Directory,
} from "../../src/fs/node.js";
import * as paths from "../../src/fs/path-calls.js";
import {
  createPolicyBoard,
  MOUNT_CHANGED,
  MOUNT_CREATED,
  MOUNT_LOOKED,
  MOUNT_READ,
  MOUNT_READ_ONLY,
  MOUNT_REMOVED,
  MOUNT_REVOKED,
  PolicyRecord,
} from "../../src/fs/policy-board.js";
import type { Location } from "../../src/fs/resolve.js";
import type { Access, Mount } from "../../src/mount.js";
import { filesystemConformance, names, openDirectory, openFile, readFile } from "./conformance.js";
import { HostFixture, text } from "./host/host-fixture.js";
import { makeImage } from "./image-fixture.js";

const NEW = OPEN_READ | OPEN_WRITE | OPEN_CREATE;
const board = createPolicyBoard();
const stat = emptyStat();

let host: HostFixture;
let record: PolicyRecord;
let denials: Denial[];
const opened: Namespace[] = [];

beforeEach(() => {
  host = new HostFixture();
  record = new PolicyRecord(board, 7);
  denials = [];
});
afterEach(() => {
  for (const namespace of opened.splice(0)) {
    for (const { location } of namespace.preopens) location.close();
    namespace.close();
  }
  record.reset();
  host.remove();
});

function preopens(mounts: readonly Mount[], fileBytes?: number): Location[] {
  const log = { denied: (denial: Denial) => denials.push(denial) };
  const namespace = openNamespace(mounts, {
    now: () => 5n,
    board: undefined,
    policy: record,
    denials: log,
    fileBytes,
  });
  opened.push(namespace);
  return namespace.preopens.map(({ location }) => location);
}

function bind(access: Access, more: { readonly subPath?: string } = {}): Mount {
  return { type: "bind", source: host.mount, target: "/data", access, ...more };
}

function mounted(mount: Mount, fileBytes?: number): Directory {
  const [location] = preopens([mount], fileBytes);
  if (location === undefined) throw new Error("nothing is mounted");
  return location.directory;
}

filesystemConformance("a guarded directory", () => {
  const policy = new PolicyRecord(board, 8);
  const mount: Mount = { type: "memory", target: "/", maxBytes: 2 ** 24, maxFiles: 1000 };
  const now = () => BigInt(Date.now()) * 1_000_000n;
  const namespace = openNamespace([mount], { now, board: undefined, policy });
  const location = namespace.preopens[0]?.location;
  if (location === undefined) throw new Error("nothing is mounted");
  return {
    root: location.directory,
    close() {
      namespace.close();
      policy.reset();
    },
  };
});

describe("what was used", () => {
  const used = () => record.mount(0);

  test("is noted by kind, and nothing that was refused or missing counts as a change", () => {
    writeFileSync(host.path("old"), "old");
    mkdirSync(host.path("dir"));
    const root = mounted(bind("read-write"));
    expect(used()).toBe(0);
    root.statAt("old", stat);
    expect(used()).toBe(MOUNT_LOOKED);
    expect(root.mkdir("dir")).toBe(-E.EEXIST);
    expect(root.unlink("none")).toBe(-E.ENOENT);
    expect(used()).toBe(MOUNT_LOOKED);
    expect(readFile(root, "old")).toBe("old");
    expect(used()).toBe(MOUNT_LOOKED | MOUNT_READ);
    openFile(root, "new", NEW).close();
    expect(used()).toBe(MOUNT_LOOKED | MOUNT_READ | MOUNT_CREATED);
    openFile(root, "old", OPEN_WRITE | OPEN_CREATE).close();
    expect(used()).toBe(MOUNT_LOOKED | MOUNT_READ | MOUNT_CREATED | MOUNT_CHANGED);
    expect(root.rename("new", root, "newer")).toBe(0);
    expect(used() & MOUNT_REMOVED).toBe(0);
    expect(root.rename("newer", root, "old")).toBe(0);
    expect(used() & MOUNT_REMOVED).toBe(MOUNT_REMOVED);
    expect(denials).toEqual([]);
  });

  test("of a file that was made and written is only that it was made", () => {
    const root = mounted(bind("read-write"));
    const file = openFile(root, "new", OPEN_WRITE | OPEN_CREATE | OPEN_TRUNCATE);
    expect(file.write(Buffer.from("x"), 0, 1, 0)).toBe(1);
    expect(file.setTimes(1n, 1n)).toBe(0);
    file.close();
    expect(used()).toBe(MOUNT_CREATED);
    expect(readFile(root, "new")).toBe("x");
  });

  test("is kept by mount", () => {
    const root = { type: "memory", target: "/", maxBytes: 1000, maxFiles: 10 } as const;
    const [, data] = preopens([root, bind("read-write")]);
    data?.directory.mkdir("d");
    expect([record.mount(0), record.mount(1)]).toEqual([0, MOUNT_CREATED]);
  });
});

describe("a mount that is taken back", () => {
  test("answers EACCES to everything, also through what was open", () => {
    writeFileSync(host.path("f"), "text");
    mkdirSync(host.path("d"));
    const root = mounted(bind("read-write"));
    const file = openFile(root, "f", OPEN_READ | OPEN_WRITE);
    const directory = openDirectory(root, "d");
    record.markMount(0, MOUNT_REVOKED);
    const bytes = Buffer.alloc(4);
    const answers = [
      ...[root.open("f", OPEN_READ), root.open("g", NEW), root.openDirectory("d")],
      ...[root.statAt("f", stat), root.readlink("f"), root.list(), root.stat(stat), root.sync()],
      ...[root.mkdir("e"), root.rmdir("d"), root.unlink("f"), root.symlink("f", "l")],
      ...[root.rename("f", directory, "f"), root.link("f", directory, "f")],
      ...[root.setTimesAt("f", 1n, 1n), root.setTimes(1n, 1n)],
      ...[file.read(bytes, 0, 4, 0), file.write(bytes, 0, 4, 0), file.append(bytes, 0, 4)],
      ...[file.size(), file.stat(stat), file.truncate(0), file.setTimes(1n, 1n), file.sync(true)],
      ...[directory.statAt("x", stat), directory.mkdir("x"), directory.list()],
    ];
    expect(answers).toEqual(answers.map(() => -E.EACCES));
    expect(denials).toHaveLength(answers.length);
    expect(denials[0]).toEqual({
      kind: "fs",
      call: "open",
      path: "/data/f",
      mount: 0,
      needs: "read-only",
      errno: E.EACCES,
    });
    expect(denials.at(-2)).toMatchObject({ path: "/data/d/x", needs: "create-only" });
    expect(file.close()).toBe(0);
    directory.close();
    expect(readFileSync(host.path("f"), "utf8")).toBe("text");
  });

  test("hides a mount inside another one, and nothing else", () => {
    const root = { type: "memory", target: "/", maxBytes: 1000, maxFiles: 10 } as const;
    const [top] = preopens([root, bind("read-write")]);
    if (top === undefined) throw new Error("nothing is mounted");
    expect(paths.mkdirPath(top, "data/in")).toBe(0);
    record.markMount(1, MOUNT_REVOKED);
    expect(paths.mkdirPath(top, "data/in2")).toBe(-E.EACCES);
    expect(paths.statPath(top, "data", true, stat)).toBe(-E.EACCES);
    expect(paths.mkdirPath(top, "beside")).toBe(0);
    expect(names(top.directory)).toEqual(["beside"]);
  });
});

describe("a mount that becomes read-only", () => {
  test("answers EROFS to changes after what is wrong with the name", () => {
    writeFileSync(host.path("f"), "text");
    mkdirSync(host.path("d"));
    symlinkSync("f", host.path("l"));
    const root = mounted(bind("read-write"));
    const file = openFile(root, "f", OPEN_READ | OPEN_WRITE);
    record.markMount(0, MOUNT_READ_ONLY);
    const bytes = Buffer.alloc(4);
    expect([
      ...[root.mkdir("e"), root.rmdir("d"), root.unlink("f"), root.symlink("f", "m")],
      ...[root.rename("f", root, "g"), root.link("f", root, "g"), root.setTimesAt("f", 1n, 1n)],
      ...[root.open("new", NEW), root.open("f", OPEN_WRITE), root.open("f", NEW)],
      ...[file.write(bytes, 0, 4, 0), file.append(bytes, 0, 4), file.truncate(0)],
      ...[file.setTimes(1n, 1n), root.setTimes(1n, 1n)],
    ]).toEqual(Array.from({ length: 15 }, () => -E.EROFS));
    expect(denials).toHaveLength(15);
    expect(denials.map(({ needs }) => needs).slice(0, 4)).toEqual([
      "create-only",
      "read-write",
      "read-write",
      "create-only",
    ]);
    expect(denials[7]).toMatchObject({ path: "/data/new", needs: "create-only" });
    expect(root.mkdir("d")).toBe(-E.EEXIST);
    expect(root.rmdir("f")).toBe(-E.ENOTDIR);
    expect(root.unlink("d")).toBe(-E.EISDIR);
    expect(root.unlink("none")).toBe(-E.ENOENT);
    expect(root.open("f", NEW | OPEN_EXCLUSIVE)).toBe(-E.EEXIST);
    expect(root.open("l", OPEN_WRITE)).toBe(-E.ELOOP);
    expect(root.open("d", OPEN_WRITE)).toBe(-E.EISDIR);
    expect(root.open("f", OPEN_WRITE | OPEN_DIRECTORY)).toBe(-E.ENOTDIR);
    expect(denials).toHaveLength(15);
    expect(file.read(bytes, 0, 4, 0)).toBe(4);
    file.close();
  });

  test("is told of also where it always was", () => {
    writeFileSync(host.path("f"), "text");
    const root = mounted(bind("read-only"));
    expect([root.mkdir("e"), root.unlink("f"), root.open("f", OPEN_WRITE)]).toEqual(
      Array.from({ length: 3 }, () => -E.EROFS),
    );
    expect(denials.map(({ call, needs }) => [call, needs])).toEqual([
      ["mkdir", "create-only"],
      ["unlink", "read-write"],
      ["open", "read-write"],
    ]);
    expect(record.mount(0)).toBe(0);
  });
});

describe("a create-only mount", () => {
  beforeEach(() => {
    writeFileSync(host.path("old"), "old");
    mkdirSync(host.path("dir"));
    symlinkSync("old", host.path("link"));
  });

  test("takes new files, which are written through the descriptor that made them", () => {
    const root = mounted(bind("create-only"));
    const file = openFile(root, "new", NEW | OPEN_TRUNCATE);
    expect(file.write(Buffer.from("one"), 0, 3, 0)).toBe(3);
    expect(file.append(Buffer.from("two"), 0, 3)).toBe(3);
    expect(file.truncate(4)).toBe(0);
    expect(file.setTimes(1n, 1n)).toBe(0);
    expect(file.close()).toBe(0);
    expect(text(openFile(root, "new"))).toBe("onet");
    expect(root.open("new", OPEN_WRITE)).toBe(-E.EPERM);
    expect(root.open("new", NEW)).toBe(-E.EPERM);
    expect(root.open("new", NEW | OPEN_EXCLUSIVE)).toBe(-E.EEXIST);
    expect(root.mkdir("d")).toBe(0);
    expect(root.symlink("d", "l")).toBe(0);
    expect(openDirectory(root, "d").mkdir("e")).toBe(0);
    expect(denials.map(({ call, path, needs }) => [call, path, needs])).toEqual([
      ["open", "/data/new", "read-write"],
      ["open", "/data/new", "read-write"],
    ]);
  });

  test("keeps what is there as it is", () => {
    const root = mounted(bind("create-only"));
    expect(text(openFile(root, "old"))).toBe("old");
    const reading = openFile(root, "old", OPEN_READ | OPEN_CREATE);
    expect(reading.setTimes(1n, 1n)).toBe(-E.EPERM);
    reading.close();
    denials = [];
    const refused = [
      ...[root.open("old", OPEN_WRITE), root.open("old", OPEN_WRITE | OPEN_TRUNCATE)],
      ...[root.open("old", NEW), root.open("old", NEW | OPEN_TRUNCATE)],
      ...[root.unlink("old"), root.rmdir("dir"), root.rename("old", root, "x")],
      ...[root.link("old", root, "x"), root.setTimesAt("old", 1n, 1n), root.setTimes(1n, 1n)],
      ...[root.unlink("link"), root.rename("dir", root, "x")],
    ];
    expect(refused).toEqual(refused.map(() => -E.EPERM));
    expect(denials).toHaveLength(refused.length);
    expect(root.open("link", NEW)).toBe(-E.ELOOP);
    expect(root.open("dir", NEW)).toBe(-E.EISDIR);
    expect(root.open("none", OPEN_WRITE)).toBe(-E.ENOENT);
    expect(root.unlink("none")).toBe(-E.ENOENT);
    expect(root.mkdir("old")).toBe(-E.EEXIST);
    expect(names(root)).toEqual(["dir", "link", "old"]);
    expect(readFileSync(host.path("old"), "utf8")).toBe("old");
    expect(record.mount(0) & (MOUNT_CREATED | MOUNT_CHANGED | MOUNT_REMOVED)).toBe(0);
  });

  test("counts as read-only once it was narrowed to that, also for what is being made", () => {
    const root = mounted(bind("create-only"));
    const file = openFile(root, "new", NEW);
    record.markMount(0, MOUNT_READ_ONLY);
    expect(file.write(Buffer.from("x"), 0, 1, 0)).toBe(-E.EROFS);
    expect(root.open("newer", NEW)).toBe(-E.EROFS);
    file.close();
  });
});

describe("the size of files", () => {
  const LIMIT = 1000;
  const bytes = Buffer.alloc(2000, "x");

  for (const kind of ["host", "memory"] as const)
    test(`is bounded in ${kind} files: what fits is written, then EFBIG`, () => {
      const memory = { type: "memory", target: "/data", maxBytes: 1e6, maxFiles: 10 } as const;
      const root = mounted(kind === "host" ? bind("read-write") : memory, LIMIT);
      const file = openFile(root, "f", NEW);
      expect(file.write(bytes, 0, 900, 0)).toBe(900);
      expect(file.write(bytes, 0, 200, 900)).toBe(100);
      expect(file.write(bytes, 0, 1, LIMIT)).toBe(-E.EFBIG);
      expect(file.write(bytes, 0, 0, LIMIT + 5)).toBe(0);
      expect(file.write(bytes, 0, 1, 2 ** 50)).toBe(-E.EFBIG);
      expect(file.append(bytes, 0, 1)).toBe(-E.EFBIG);
      expect(file.truncate(LIMIT + 1)).toBe(-E.EFBIG);
      expect(file.truncate(990)).toBe(0);
      expect(file.append(bytes, 0, 100)).toBe(10);
      expect(file.size()).toBe(LIMIT);
      file.close();
      expect(denials).toEqual([]);
    });

  test("of a file that is larger already may still be cut", () => {
    writeFileSync(host.path("f"), Buffer.alloc(5000));
    const file = openFile(mounted(bind("read-write"), LIMIT), "f", OPEN_WRITE);
    expect(file.truncate(4000)).toBe(0);
    expect(file.truncate(4001)).toBe(-E.EFBIG);
    expect(file.write(bytes, 0, 1, 999)).toBe(1);
    file.close();
  });
});

describe("a path below the source", () => {
  beforeEach(() => {
    mkdirSync(host.path("a", "b"), { recursive: true });
    writeFileSync(host.path("a", "b", "f"), "inside");
    symlinkSync("a", host.path("link"));
  });

  test("is what is mounted", () => {
    const root = mounted(bind("read-only", { subPath: "a/b" }));
    expect(text(openFile(root, "f"))).toBe("inside");
  });

  test.each(["none", "a/none", "link/b", "a/b/f", "a/../a", ".."])("%s is refused", (subPath) => {
    expect(() => mounted(bind("read-only", { subPath }))).toThrow(
      expect.objectContaining({ code: "ERR_MOUNT_UNAVAILABLE" }),
    );
  });
});

test("times of a file that is open for reading can be set in an image with a layer", () => {
  const image = makeImage({ "/f": "text" });
  const writable = { type: "memory", maxBytes: 2 ** 20, maxFiles: 10 } as const;
  const root = mounted(image.mount(writable));
  const file = openFile(root, "f");
  expect(file.setTimes(1n, 2n)).toBe(0);
  root.statAt("f", stat);
  expect([stat.atime, stat.mtime]).toEqual([1n, 2n]);
  expect(record.mount(0) & MOUNT_CHANGED).toBe(MOUNT_CHANGED);
  file.close();
  image.remove();
});
