/** Components that open without end, and that touch what they were not granted. */
import { mkdir, readdir, readFile, readlink, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { DeniedEvent, FsGrant, Image, RunResult } from "safedock";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openTestEngine, type TestEngine } from "../../support/test-engine.js";

let fixture: TestEngine;
const told: DeniedEvent[] = [];

beforeAll(async () => {
  fixture = await openTestEngine({ workers: 1 });
  const { engine, folder } = fixture;
  engine.on("denied", (event) => told.push(event));
  await writeFile(join(folder, "secret"), "secret");
  for (const name of ["data", "new"]) {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, "there"), "some bytes");
    await symlink("../secret", join(folder, name, "out"));
  }
});
afterAll(() => fixture.close());
afterEach(() => {
  told.length = 0;
});

const guest = (name: string): Promise<Image> =>
  fixture.engine.loadImage(
    fileURLToPath(new URL(`../../guests/components/hostile/${name}.wasm`, import.meta.url)),
  );
const mount = (name: string, access: "read-only" | "create-only"): FsGrant => ({
  source: join(fixture.folder, name),
  target: `/${name}`,
  access,
});

describe("opens-many: 100,000 times, none dropped", () => {
  const run = async (what: string): Promise<RunResult> =>
    await fixture.engine.run(await guest("opens-many"), {
      args: [what],
      grants: { fs: [mount("data", "read-only")] },
      limits: { openFiles: 100 },
    });
  /** Descriptors of this process that lead into the folder of the test. */
  async function held(): Promise<number> {
    const fds = await readdir("/proc/self/fd");
    const links = fds.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ""));
    return (await Promise.all(links)).filter((path) =>
      path.startsWith(join(fixture.folder, "data")),
    ).length;
  }

  test.each(["files", "directories"])("%s: as many as openFiles, twice", async (what) => {
    const { stdout, stderr, reason, code } = await run(what);
    // 100 without three streams and two preopens; the next is told that there is insufficient memory.
    expect(stdout.toString()).toBe("95 22\n95 22\n");
    expect({ reason, code, stderr: stderr.toString() }).toEqual({
      reason: "exited",
      code: 0,
      stderr: "",
    });
    if (process.platform === "linux") expect(await held()).toBe(0);
  });

  test.each(["lists of entries", "streams"])(
    "%s: until the resources of a process end",
    async (what) => {
      const { stdout, reason, code, detail } = await run(what);
      expect({ reason, code }).toEqual({ reason: "trapped", code: 134 });
      expect(detail).toMatch(/more than 65536 resources/);
      expect(stdout.toString()).toBe("");
      expect(await run("files")).toMatchObject({ reason: "exited", code: 0 });
      if (process.platform === "linux") expect(await held()).toBe(0);
    },
  );
});

describe("touches: what was not granted", () => {
  const DENIED: readonly (readonly [call: string, path: string, errno: string, count?: number])[] =
    [
      ["open", "/data/there", "EROFS", 2],
      ["open", "/data/made", "EROFS"],
      ["mkdir", "/data/folder", "EROFS"],
      ["unlink", "/data/there", "EROFS"],
      ["rename", "/data/there", "EROFS"],
      ["symlink", "/data/link", "EROFS"],
      ["setTimes", "/data/there", "EROFS"],
      ["open", "/new/there", "EPERM"],
      ["unlink", "/new/there", "EPERM"],
      ["rename", "/new/there", "EPERM"],
      ["open-at", "/secret", "EPERM"],
      ["stat-at", "/secret", "EPERM"],
      ["stat-at", "/data/out", "EPERM"],
      ["open-at", "/data/out", "EPERM"],
      ["symlink-at", "/new/absolute", "EPERM"],
      ["rename-at", "/moved", "EPERM"],
    ];

  test("is told, each time with its call and path, and is in the audit", async () => {
    const grants = { fs: [mount("data", "read-only"), mount("new", "create-only")] };
    const image = await guest("touches");
    await using container = await fixture.engine.createContainer(image, { grants });
    const process = await container.start();
    const [status, errors] = await Promise.all([process.wait(), text(process.stderr)]);
    expect({ ...status, errors }).toMatchObject({ reason: "exited", code: 0, errors: "" });
    const audit = container.audit();
    expect(
      audit.denials.map(({ kind, call, path, errno, count }) => [kind, call, path, errno, count]),
    ).toEqual(DENIED.map(([call, path, errno, count = 1]) => ["fs", call, path, errno, count]));
    expect(audit.otherDenials).toBe(0);
    // The second time of the same is told as well.
    expect(told).toHaveLength(DENIED.length + 1);
    expect(told.every((event) => event.container === container)).toBe(true);
    for (const [call, path, errno] of DENIED) {
      expect(told).toContainEqual(expect.objectContaining({ kind: "fs", call, path, errno }));
    }
    expect(audit.fs).toMatchObject([
      { target: "/", looked: false, created: false, changed: false, removed: false },
      { target: "/data", read: false, created: false, changed: false, removed: false },
      { target: "/new", read: false, created: true, changed: false, removed: false },
    ]);
    expect(await readFile(join(fixture.folder, "data", "there"), "utf8")).toBe("some bytes");
    expect((await readdir(join(fixture.folder, "data"))).toSorted()).toEqual(["out", "there"]);
    expect((await readdir(join(fixture.folder, "new"))).toSorted()).toEqual([
      "made",
      "out",
      "there",
    ]);
  });
});
