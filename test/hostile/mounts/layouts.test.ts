/** Mounts inside mounts, over what is there and over what is not, and sources of all kinds. */
import { existsSync } from "node:fs";
import { link, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FsGrant, Image } from "safedock";
import { wasmImage, startRegistry } from "safedock/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openTestEngine, type TestEngine } from "../../support/test-engine.js";
import { callsGuest, expectCalls } from "./calls.js";

let fixture: TestEngine;
let image: Image;
let withFiles: Image;
let base: string;
let source: string;
let other: string;

beforeAll(async () => {
  fixture = await openTestEngine({ workers: 1 });
  image = await fixture.engine.loadImage(callsGuest());
  await using registry = await startRegistry();
  const files = {
    "/calls.wasm": await readFile(callsGuest()),
    "/file": "of the image",
    "/directory/inner": "of the image",
    "/link": { symlink: "directory" },
  };
  await registry.push("test/files:1", await wasmImage({ files, entrypoint: ["/calls.wasm"] }));
  withFiles = await fixture.engine.pullImage(`${registry.host}/test/files:1`);
});
afterAll(() => fixture.close());

beforeEach(async () => {
  base = await mkdtemp(join(fixture.folder, "layouts-"));
  source = join(base, "source");
  other = join(base, "other");
  await mkdir(join(source, "inner", "hidden"), { recursive: true });
  await mkdir(other);
  await writeFile(join(source, "file"), "source");
  await writeFile(join(other, "file"), "other");
});
afterEach(() => rm(base, { recursive: true }));

const bind = (
  from: string,
  target: string,
  access: "read-only" | "read-write" = "read-write",
): FsGrant => ({ source: from, target, access });

const expectOf = (pairs: readonly (readonly [string, string])[], ...fs: FsGrant[]) =>
  expectCalls(fixture.engine, image, pairs, { grants: { fs } });

const openOf = (path: string) => `open a ${path} r`;

describe("mounts inside mounts", () => {
  test("a directory in a directory: each has its own files and its own access", () =>
    expectOf(
      [
        // Descriptor 3 is "/work", 4 is the mount in it.
        ["open a inner/file r", "ok"],
        ["read a 64", "ok other"],
        ["open a file r", "ok"],
        ["read a 64", "ok source"],
        ["stat inner/hidden", "ENOENT"],
        ["open a inner/made wc", "EROFS"],
        ["open a made wc", "ok"],
        ["unlink inner/file", "EROFS"],
        ["rename file inner/file", "EXDEV"],
        ["link file inner/twin", "EXDEV"],
        ["rename inner moved", "EBUSY"],
        ["rmdir inner", "EBUSY"],
        ["unlink inner", "EISDIR"],
        ["open a inner/../file r", "ok"],
        ["read a 64", "ok source"],
        ["open a inner/../../file r", "EPERM"],
        ["open a 4:../file r", "EPERM"],
        ["open a 4:file r", "ok"],
        ["open d . rd", "ok"],
        ["list d", "ok file inner/ made"],
      ],
      bind(source, "/work"),
      bind(other, "/work/inner", "read-only"),
    ));

  test("memory in a directory leaves nothing on the host", async () => {
    await expectOf(
      [
        ["open a inner/secret wc", "ok"],
        ["write a text", "ok 4"],
        ["mkdir inner/x", "ok"],
        ["symlink ../../.. inner/up", "ok"],
        ["open a inner/up r", "EPERM"],
        ["rename inner/secret secret", "EXDEV"],
        ["rename file inner/file", "EXDEV"],
      ],
      bind(source, "/work"),
      { type: "memory", target: "/work/inner" },
    );
    expect((await readdir(source)).toSorted()).toEqual(["file", "inner"]);
    expect(await readdir(join(source, "inner"))).toEqual(["hidden"]);
  });

  test("a source inside another source: the way decides what may be done", async () => {
    await expectOf(
      [
        ["open a inner/made wc", "ok"],
        ["open a 4:made r", "ok"],
        ["open a 4:new wc", "EROFS"],
        ["unlink 4:made", "EROFS"],
        ["rename inner/made 4:made2", "EXDEV"],
        // From outside of /part a link is made that leads out of it: nobody gets out through it there.
        ["symlink ../file inner/out", "ok"],
        ["open a inner/out r", "ok"],
        ["open a 4:out r", "EPERM"],
        ["stat 4:out", "ok link 1 7"],
        // Moving the directory takes the other mount along, and gives it nothing.
        ["mkdir deep", "ok"],
        ["unlink inner/out", "ok"],
        ["rename inner deep/inner", "ok"],
        ["open a 4:made r", "ok"],
        ["open a 4:../file r", "EPERM"],
        ["open a 4:new wc", "EROFS"],
      ],
      bind(source, "/all"),
      bind(join(source, "inner"), "/part", "read-only"),
    );
    expect(await readdir(join(source, "deep", "inner"))).toContain("made");
  });

  test("one directory twice is two filesystems", () =>
    expectOf(
      [
        ["open a 4:file r", "ok"],
        ["rename file 4:moved", "EXDEV"],
        ["link file 4:twin", "EXDEV"],
        ["unlink 4:file", "EROFS"],
        ["unlink file", "ok"],
        ["stat 4:file", "ENOENT"],
      ],
      bind(source, "/one"),
      bind(source, "/two", "read-only"),
    ));

  test("a hard link cannot be made from one mount to another", async () => {
    await expectOf(
      [
        ["link file 4:stolen", "EXDEV"],
        ["link 4:file stolen", "EXDEV"],
        ["rename 4:file stolen", "EXDEV"],
      ],
      bind(source, "/one"),
      bind(other, "/two", "read-only"),
    );
    expect(await readdir(other)).toEqual(["file"]);
  });

  test("a hard link that the host has put there is the host's grant", async () => {
    await link(join(other, "file"), join(source, "twin"));
    await expectOf(
      [
        ["open a twin r", "ok"],
        ["read a 64", "ok other"],
        ["unlink twin", "ok"],
      ],
      bind(source, "/work"),
    );
    expect(await readFile(join(other, "file"), "utf8")).toBe("other");
  });
});

describe("where mounts lie", () => {
  const expectInImage = (pairs: readonly (readonly [string, string])[], ...fs: FsGrant[]) =>
    expectCalls(fixture.engine, withFiles, pairs, { rootfs: "writable", grants: { fs } });

  test("at places that the image lacks", () =>
    expectInImage(
      [
        ["open a no/such/place/file r", "ok"],
        ["read a 64", "ok source"],
        ["open d . rd", "ok"],
        ["list d", "ok calls.wasm directory/ file link@ no/"],
        ["open d no/such rd", "ok"],
        ["list d", "ok place/"],
        ["rmdir no", "EBUSY"],
        ["rename no yes", "EBUSY"],
        ["mkdir no", "EEXIST"],
        ["open a no/such/place/../../../file r", "ok"],
        ["fstat a", "ok file 1 12"],
      ],
      bind(source, "/no/such/place", "read-only"),
    ));

  test("over a file of the image", () =>
    expectInImage(
      [
        ["open a file/file r", "ok"],
        ["read a 64", "ok source"],
        ["open a file w", "EISDIR"],
        ["unlink file", "EISDIR"],
      ],
      bind(source, "/file", "read-only"),
    ));

  test("over a directory, and behind a link of the image", () =>
    expectInImage(
      [
        ["stat directory/inner/hidden", "ok directory 1 0"],
        ["open a link/file r", "ok"],
        ["read a 64", "ok source"],
        ["open a link/../file r", "ok"],
        ["fstat a", "ok file 1 12"],
      ],
      bind(source, "/directory", "read-only"),
    ));

  test("a mount over a link hides the link", () =>
    expectInImage(
      [
        ["stat link", "ok directory 1 0"],
        ["open a link/file r", "ok"],
        ["read a 64", "ok source"],
        ["readlink link", "EINVAL"],
        ["stat directory/inner", "ok file 1 12"],
      ],
      bind(source, "/link", "read-only"),
    ));
});

describe("sources", () => {
  const run = (from: string) =>
    fixture.engine.run(image, {
      rootfs: "none",
      args: ["stat file"],
      grants: { fs: [bind(from, "/work", "read-only")] },
    });

  test("that cannot be mounted are said to be so", async () => {
    await symlink("nowhere", join(base, "dangling"));
    await symlink("round", join(base, "round"));
    for (const odd of ["none", "source/file", "source/file/x", "dangling", "round"]) {
      await expect(run(join(base, odd))).rejects.toMatchObject({ code: "ERR_MOUNT_UNAVAILABLE" });
    }
  });

  test("a source that is a link is followed when a process starts", async () => {
    const way = join(base, "way");
    await symlink("source", way);
    expect((await run(way)).stdout.toString()).toBe("ok file 1 6\n");
    await rm(way);
    await symlink("other", way);
    expect((await run(way)).stdout.toString()).toBe("ok file 1 5\n");
  });

  test("a sub-path that is a link, or has one on its way, is refused", async () => {
    await symlink("../other", join(source, "way"));
    const grant = (subPath: string): FsGrant => ({ source, subPath, target: "/work" });
    const runIn = (subPath: string) =>
      fixture.engine.run(image, {
        rootfs: "none",
        args: ["stat hidden"],
        grants: { fs: [grant(subPath)] },
      });
    expect((await runIn("inner")).stdout.toString()).toBe("ok directory 1 0\n");
    for (const odd of ["way", "inner/none", "file"]) {
      await expect(runIn(odd)).rejects.toMatchObject({ code: "ERR_MOUNT_UNAVAILABLE" });
    }
  });

  test.runIf(existsSync("/proc/self/fd"))("/proc: its links lead nowhere", async () => {
    const { stdout } = await fixture.engine.run(image, {
      rootfs: "none",
      args: [
        ...["self/root/etc/passwd", "self/root/proc/self/root/etc/passwd", "self/exe"].map(openOf),
        ...["self/cwd/package.json", "thread-self/root/etc/passwd"].map(openOf),
        ...["self/fd/0", "self/fd/1", "self/task/../fd/2", "self/ns/mnt"].map(openOf),
        "open a self/comm r",
      ],
      grants: { fs: [bind("/proc", "/work", "read-only")] },
    });
    const answers = stdout.toString().trimEnd().split("\n");
    expect(answers.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => "EPERM"));
    expect(answers.slice(5, -1)).not.toContain("ok");
    expect(answers.at(-1)).toBe("ok");
  });

  test.runIf(existsSync("/dev/shm"))("of another filesystem", async () => {
    const memory = await mkdtemp("/dev/shm/safedock-test-");
    try {
      await writeFile(join(memory, "file"), "in memory");
      await expectOf(
        [
          ["open a 4:file r", "ok"],
          ["rename 4:file file", "EXDEV"],
          ["link 4:file twin", "EXDEV"],
          ["open a 4:large wc", "ok"],
          // Past 2^53 nothing is exact any more in JavaScript's numbers.
          ["size a 9007199254740993", "EFBIG"],
          ["size a 4611686018427387904", "EFBIG"],
        ],
        bind(source, "/work"),
        bind(memory, "/memory"),
      );
    } finally {
      await rm(memory, { recursive: true });
    }
  });
});
