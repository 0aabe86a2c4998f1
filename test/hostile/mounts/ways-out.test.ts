/** Paths and links that lead out of a mount, tried with every function that takes a path. */
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FsGrant, Image } from "safedock";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openTestEngine, type TestEngine } from "../../support/test-engine.js";
import { snapshotOf } from "./canary.js";
import { hostileGuest } from "./hostile-guest.js";
import { linksTo, spellingsOf, waysThroughLinks } from "./ways.js";

const ENOENT = 44;
const EPERM = 63;
const EROFS = 69;

let fixture: TestEngine;
let image: Image;
let base: string;
let mount: string;
let outside: string;

beforeAll(async () => {
  fixture = await openTestEngine({ workers: 1 });
  image = await fixture.engine.loadImage(hostileGuest("ways-out"));
});
afterAll(() => fixture.close());

beforeEach(async () => {
  base = join(fixture.folder, "ways");
  mount = join(base, "mount");
  outside = join(base, "outside");
  await mkdir(join(mount, "a", "b"), { recursive: true });
  await writeFile(join(mount, "mine"), "mine");
  await mkdir(join(outside, "empty"), { recursive: true });
  await writeFile(join(outside, "file"), "secret");
  await symlink("file", join(outside, "link"));
});
afterEach(() => rm(base, { recursive: true, force: true }));

/** Runs the guest; gives its lines that do not end with one of the errnos, and the outcome. */
async function tryWays(paths: readonly string[], grant: FsGrant, allowed: readonly number[]) {
  const before = snapshotOf(outside);
  const mine = snapshotOf(mount);
  const result = await fixture.engine.run(image, {
    args: paths,
    rootfs: "none",
    grants: { fs: [grant] },
    limits: { timeoutMs: 60_000 },
  });
  expect(result).toMatchObject({ code: 0, reason: "exited" });
  expect(snapshotOf(outside)).toEqual(before);
  expect(snapshotOf(mount)).toEqual(mine);
  const lines = result.stdout.toString().trimEnd().split("\n");
  expect(lines.length).toBe(paths.length * 23);
  return lines.filter((line) => !allowed.includes(Number(line.split(" ").at(-1))));
}

describe.each(["read-only", "read-write"] as const)("a %s mount", (access) => {
  // A change that is refused anyway may say so before the second path is walked.
  const refusals = access === "read-only" ? [EPERM, EROFS] : [EPERM];

  test("paths that lead out are refused by every function", async () => {
    const grant: FsGrant = { source: mount, target: "/work", access };
    expect(await tryWays(spellingsOf(outside), grant, refusals)).toEqual([]);
  });

  test.runIf(process.platform !== "win32")(
    "links of the host that lead out are refused by every function",
    async () => {
      await Promise.all(
        linksTo(outside).map(([name, target]) => symlink(target, join(mount, name))),
      );
      const grant: FsGrant = { source: mount, target: "/work", access };
      expect(await tryWays(waysThroughLinks(outside), grant, refusals)).toEqual([]);
    },
  );

  test.runIf(process.platform !== "win32")(
    "in a mount that is the root, absolute links start there, and find nothing",
    async () => {
      await Promise.all(
        linksTo(outside).map(([name, target]) => symlink(target, join(mount, name))),
      );
      const grant: FsGrant = { source: mount, target: "/", access };
      expect(await tryWays(waysThroughLinks(outside), grant, [...refusals, ENOENT])).toEqual([]);
    },
  );
});
