/** What guests get from files at the edges: read-only mounts, two mounts, limits, changed files of an image. */
import { mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Engine, FsGrant, Image, RunOptions } from "safedock";
import { startRegistry, wasmImage } from "safedock/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { guestBytes } from "./guests.js";

let fixture: TestEngine;
let engine: Engine;
let image: Image;
let host: string;

beforeAll(async () => {
  fixture = await openTestEngine({ workers: 1 });
  engine = fixture.engine;
  await using registry = await startRegistry();
  const files = {
    "/calls.wasm": await guestBytes("calls"),
    "/f": "text",
    "/l": { symlink: "f" },
    "/d/g": "g in d",
    "/d/h": "h in d",
    "/empty/x": "",
  };
  await registry.push("test/calls:1", await wasmImage({ files, entrypoint: ["/calls.wasm"] }));
  image = await engine.pullImage(`${registry.host}/test/calls:1`);
});

afterAll(() => fixture.close());

beforeEach(async () => {
  host = join(fixture.folder, "host");
  await mkdir(join(host, "d"), { recursive: true });
  await writeFile(join(host, "f"), "text");
  await writeFile(join(host, "d/g"), "g in d");
  await symlink("f", join(host, "l"));
});

afterEach(() => rm(host, { recursive: true, force: true }));

/** Runs `calls` with pairs of a call and its answer; both are compared, so that a difference shows the call. */
async function expectCalls(
  pairs: readonly (readonly [call: string, answer: string])[],
  options: RunOptions = {},
): Promise<void> {
  const result = await engine.run(image, { ...options, args: pairs.map(([call]) => call) });
  expect(result.stderr.toString()).toBe("");
  const answers = result.stdout.toString().trimEnd().split("\n");
  expect(pairs.map(([call], index) => [call, answers[index]])).toEqual(pairs);
}

const bind = (target: string, access: "read-only" | "read-write" = "read-write"): FsGrant => ({
  source: host,
  target,
  access,
});

describe.each([
  ["a host directory", (): RunOptions => ({ grants: { fs: [bind("/", "read-only")] } })],
  ["an image", (): RunOptions => ({ rootfs: "read-only" })],
])("read-only: %s", (_name, options) => {
  it("refuses changes with EROFS, after what is wrong with the names", () =>
    expectCalls(
      [
        ["mkdir new", "EROFS"],
        ["mkdir d", "EEXIST"],
        ["mkdir f", "EEXIST"],
        ["mkdir none/x", "ENOENT"],
        ["mkdir f/x", "ENOTDIR"],
        ["rmdir d", "EROFS"],
        ["rmdir f", "ENOTDIR"],
        ["rmdir none", "ENOENT"],
        ["unlink f", "EROFS"],
        ["unlink d", "EISDIR"],
        ["unlink none", "ENOENT"],
        ["rename f x", "EROFS"],
        ["rename none x", "ENOENT"],
        ["rename f none/x", "ENOENT"],
        ["link f x", "EROFS"],
        ["link none x", "ENOENT"],
        ["symlink f x", "EROFS"],
        ["symlink f l", "EEXIST"],
        ["settimes f", "EROFS"],
        ["settimes none", "ENOENT"],
      ],
      options(),
    ));

  it("opens what is there for reading, and nothing for writing", () =>
    expectCalls(
      [
        ["open a f w", "EROFS"],
        ["open a f rt", "EROFS"],
        ["open a f cxw", "EEXIST"],
        ["open a x cw", "EROFS"],
        ["open a x w", "ENOENT"],
        ["open a d w", "EISDIR"],
        ["open a f rd", "ENOTDIR"],
        ["open a l nr", "ELOOP"],
        ["open a f cr", "ok"],
        ["read a 10", "ok text"],
        ["write a x", "EBADF"],
        ["size a 0", "EINVAL"],
        ["times a", "EROFS"],
        ["open d d rd", "ok"],
        ["times d", "EROFS"],
      ],
      options(),
    ));
});

describe("two mounts", () => {
  it.each([
    ["host and memory", (): FsGrant[] => [bind("/"), { type: "memory", target: "/m" }]],
    ["memory and memory", (): FsGrant[] => [{ type: "memory", target: "/m" }]],
    ["the same host directory twice", (): FsGrant[] => [bind("/"), bind("/m")]],
  ])("%s: renames and links do not cross (EXDEV), files stay as they are", async (_name, fs) => {
    await expectCalls(
      [
        ["open a own cw", "ok"],
        ["write a here", "ok 4"],
        ["rename own 4:moved", "EXDEV"],
        ["link own 4:linked", "EXDEV"],
        ["rename own m/moved", "EXDEV"],
        ["rename 4:none x", "EXDEV"],
        ["rename m x", "EBUSY"],
        ["rename own m", "EBUSY"],
        ["link own m", "EEXIST"],
        ["rmdir m", "EBUSY"],
        ["unlink m", "EISDIR"],
        ["mkdir m", "EEXIST"],
        ["stat own", "ok file 1 4"],
        ["stat 4:moved", "ENOENT"],
        ["stat 4:linked", "ENOENT"],
      ],
      { grants: { fs: fs() } },
    );
  });
});

describe("limits.openFiles", () => {
  it("answers EMFILE when the table is full, and opens again after a close", () =>
    expectCalls(
      [
        ["open a f r", "ok"],
        ["fill b f", "EMFILE"],
        ["open c f r", "EMFILE"],
        // Nothing is made, cut or read by an open that fails so.
        ["open c new cw", "EMFILE"],
        ["open c f wt", "EMFILE"],
        ["stat new", "ENOENT"],
        ["stat f", "ok file 1 4"],
        ["read a 10", "ok text"],
        ["close a", "ok"],
        ["open c new cw", "ok"],
        ["open a f r", "EMFILE"],
        ["write c x", "ok 1"],
      ],
      { limits: { openFiles: 10 } },
    ));
});

describe.each([
  [
    "memory",
    (): RunOptions => ({
      grants: { fs: [{ type: "memory", target: "/", maxBytes: 65536, maxFiles: 4 }] },
    }),
  ],
  ["an image's layer", (): RunOptions => ({ limits: { writableBytes: 65536, writableFiles: 4 } })],
  [
    "an image's layer in memory",
    (): RunOptions => ({ rootfs: "memory", limits: { writableBytes: 65536, writableFiles: 4 } }),
  ],
])("a full quota: %s", (_name, options) => {
  it("files: ENOSPC for each way of making one, room again after a removal", () =>
    expectCalls(
      [
        ["mkdir 1", "ok"],
        ["mkdir 2", "ok"],
        ["symlink x 3", "ok"],
        ["open a 4 cw", "ok"],
        ["mkdir 5", "ENOSPC"],
        ["symlink x 5", "ENOSPC"],
        ["open b 5 cw", "ENOSPC"],
        ["rename 4 5", "ok"],
        ["rename 5 4", "ok"],
        ["stat 5", "ENOENT"],
        ["rmdir 1", "ok"],
        ["mkdir 5", "ok"],
        ["mkdir 6", "ENOSPC"],
      ],
      options(),
    ));
});

describe("a full quota of bytes", () => {
  it("an image's layer: ENOSPC for writing and for more size, room again after a cut", () =>
    expectCalls(
      [
        ["open a big crw", "ok"],
        ["size a 200000", "ENOSPC"],
        ["pwrite a 200000 x", "ENOSPC"],
        ["fstat a", "ok file 1 0"],
        ["size a 60000", "ok"],
        ["open b other cw", "ok"],
        ["size b 60000", "ENOSPC"],
        ["write b fits", "ok 4"],
        ["size a 0", "ok"],
        ["size b 60000", "ok"],
      ],
      { limits: { writableBytes: 65_536 } },
    ));

  it.each([
    [
      "a memory mount",
      (maxBytes: number): RunOptions => ({
        grants: { fs: [{ type: "memory", target: "/", maxBytes }] },
      }),
    ],
    [
      "an image's layer in memory",
      (writableBytes: number): RunOptions => ({ rootfs: "memory", limits: { writableBytes } }),
    ],
  ])("%s: holes are free, ENOSPC for writing, room again after a cut", (_name, options) =>
    expectCalls(
      [
        ["open a big crw", "ok"],
        ["size a 200000", "ok"],
        ["pwrite a 100000 x", "ok 1"],
        ["open b other cw", "ok"],
        ["size b 200000", "ok"],
        ["pwrite b 100000 x", "ENOSPC"],
        ["fstat b", "ok file 1 200000"],
        ["size a 0", "ok"],
        ["pwrite b 100000 x", "ok 1"],
      ],
      options(60_000),
    ),
  );
});

describe.each([["writable"], ["memory"]] as const)(
  "files of an image, changed: %s layer",
  (rootfs) => {
    const expectHere = (pairs: readonly (readonly [string, string])[]) =>
      expectCalls(pairs, { rootfs });
    const reads = (path: string, text: string): [string, string][] => [
      [`open z ${path} r`, "ok"],
      ["read z 100", `ok${text === "" ? "" : ` ${text}`}`],
      ["close z", "ok"],
    ];

    it.each<[string, [string, string][], string]>([
      [
        "written at the start",
        [
          ["open a f w", "ok"],
          ["write a T", "ok 1"],
        ],
        "Text",
      ],
      [
        "written in the middle",
        [
          ["open a f w", "ok"],
          ["pwrite a 2 X", "ok 1"],
        ],
        "teXt",
      ],
      [
        "added to",
        [
          ["open a f wa", "ok"],
          ["write a +more", "ok 5"],
        ],
        "text+more",
      ],
      ["cut when opened", [["open a f wt", "ok"]], ""],
      [
        "cut by its descriptor",
        [
          ["open a f w", "ok"],
          ["size a 2", "ok"],
        ],
        "te",
      ],
      [
        "reached through a link",
        [
          ["open a l w", "ok"],
          ["write a T", "ok 1"],
        ],
        "Text",
      ],
      [
        "replaced",
        [
          ["unlink f", "ok"],
          ["open a f cxw", "ok"],
          ["write a new", "ok 3"],
        ],
        "new",
      ],
      ["given times by path", [["settimes f", "ok"]], "text"],
      [
        "given times by descriptor",
        [
          ["open a f w", "ok"],
          ["times a", "ok"],
        ],
        "text",
      ],
      [
        "renamed away and back",
        [
          ["rename f x", "ok"],
          ["stat f", "ENOENT"],
          ["rename x f", "ok"],
        ],
        "text",
      ],
      [
        "renamed over",
        [
          ["rename d/g f", "ok"],
          ["stat d/g", "ENOENT"],
        ],
        "g in d",
      ],
      [
        "linked, then written by the other name",
        [
          ["link f x", "ok"],
          ["open a x w", "ok"],
          ["write a T", "ok 1"],
        ],
        "Text",
      ],
    ])("%s", (_name, changes, text) => expectHere([...changes, ...reads("f", text)]));

    it("a descriptor for writing and those opened after it share one content", () =>
      expectHere([
        ["open w f rw", "ok"],
        ["open r f r", "ok"],
        ["write w TE", "ok 2"],
        ["read r 10", "ok TExt"],
        ["size w 1", "ok"],
        ["fstat r", "ok file 1 1"],
      ]));

    it("an open descriptor keeps a file that was removed and made again", () =>
      expectHere([
        ["open r f r", "ok"],
        ["unlink f", "ok"],
        ["open w f cxw", "ok"],
        ["write w other", "ok 5"],
        ["read r 10", "ok text"],
        ["stat f", "ok file 1 5"],
      ]));

    it("lists what both hold, without what was removed", () =>
      expectHere([
        ["open d d rd", "ok"],
        ["list d", "ok g h"],
        ["open a d/new cw", "ok"],
        ["unlink d/g", "ok"],
        ["symlink x d/link", "ok"],
        ["mkdir d/sub", "ok"],
        ["rename d/h d/sub/h", "ok"],
        ["list d", "ok link@ new sub/"],
        ["rmdir d", "ENOTEMPTY"],
        ["open a d/g cw", "ok"],
        ["list d", "ok g link@ new sub/"],
      ]));

    it("a directory of the image that was emptied, removed and made again is empty", () =>
      expectHere([
        ["rmdir empty", "ENOTEMPTY"],
        ["unlink empty/x", "ok"],
        ["rmdir empty", "ok"],
        ["stat empty", "ENOENT"],
        ["mkdir empty", "ok"],
        ["open d empty rd", "ok"],
        ["list d", "ok"],
        ["stat empty/x", "ENOENT"],
      ]));
  },
);

it("leaves a read-only host directory as it was", async () => {
  await expectCalls([["open a f wt", "EROFS"]], { grants: { fs: [bind("/", "read-only")] } });
  expect(await readFile(join(host, "f"), "utf8")).toBe("text");
});
