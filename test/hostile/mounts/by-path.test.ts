/**
 * Directories held by path, as on hosts without /proc. What is promised there: a guest that has the mount
 * for itself does not get out. What is not: a race against somebody who swaps names at that moment.
 */
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { EPERM } from "../../../src/fs/errno.js";
import { openHostDirectory } from "../../../src/fs/host/open-host-directory.js";
import {
  emptyStat,
  OPEN_CREATE,
  OPEN_READ,
  OPEN_TRUNCATE,
  OPEN_WRITE,
  type File,
} from "../../../src/fs/node.js";
import {
  linkPath,
  mkdirPath,
  openPath,
  readlinkPath,
  renamePath,
  rmdirPath,
  setTimesPath,
  statPath,
  symlinkPath,
  unlinkPath,
} from "../../../src/fs/path-calls.js";
import { Location } from "../../../src/fs/resolve.js";
import { pick, seededNumbers } from "../seeded-numbers.js";
import { linksIn, snapshotOf } from "./canary.js";
import { linksTo, spellingsOf, waysThroughLinks } from "./ways.js";

let base: string;
let mount: string;
let outside: string;
let at: Location;
const stat = emptyStat();

beforeEach(async () => {
  base = await mkdtemp(join(await realpath(tmpdir()), "safedock-by-path-"));
  mount = join(base, "mount");
  outside = join(base, "outside");
  await mkdir(join(mount, "a", "b"), { recursive: true });
  await mkdir(join(outside, "empty"), { recursive: true });
  await writeFile(join(mount, "mine"), "mine");
  await writeFile(join(outside, "file"), "secret");
  await symlink("file", join(outside, "link"));
  const root = openHostDirectory(mount, { access: "read-write", reach: "path" });
  if (typeof root === "number") throw new Error(`errno ${root}`);
  at = new Location(root, false);
});
afterEach(async () => {
  at.close();
  await rm(base, { recursive: true });
});

/** A negated errno, or 0 for what could be opened. */
function tryOpen(path: string, flags: number, follow = true): number {
  const opened: File | Location | number = openPath(at, path, follow, flags);
  if (typeof opened === "number") return opened;
  opened.close();
  return 0;
}

/** Every call on a way out, and its answer. */
function answersOf(way: string): readonly (readonly [string, number])[] {
  const link = readlinkPath(at, `${way}/link`);
  return [
    ["open", tryOpen(way, OPEN_READ)],
    ["stat", statPath(at, way, true, stat)],
    ["open file", tryOpen(`${way}/file`, OPEN_READ)],
    ["open file, no follow", tryOpen(`${way}/file`, OPEN_READ, false)],
    ["write", tryOpen(`${way}/file`, OPEN_WRITE)],
    ["truncate", tryOpen(`${way}/file`, OPEN_WRITE | OPEN_TRUNCATE)],
    ["create", tryOpen(`${way}/made`, OPEN_WRITE | OPEN_CREATE)],
    ["stat file", statPath(at, `${way}/file`, false, stat)],
    ["set times", setTimesPath(at, `${way}/file`, true, 1n, 2n)],
    ["readlink", typeof link === "number" ? link : 0],
    ["mkdir", mkdirPath(at, `${way}/made`)],
    ["rmdir", rmdirPath(at, `${way}/empty`)],
    ["unlink", unlinkPath(at, `${way}/file`)],
    ["symlink", symlinkPath("x", at, `${way}/made`)],
    ["rename from", renamePath(at, `${way}/file`, at, "stolen")],
    ["rename to", renamePath(at, "mine", at, `${way}/file`)],
    ["link from", linkPath(at, `${way}/file`, false, at, "stolen")],
    ["link to", linkPath(at, "mine", false, at, `${way}/made`)],
  ];
}

function expectRefused(ways: readonly string[]): void {
  const before = [snapshotOf(outside), snapshotOf(mount)];
  const letThrough = ways.flatMap((way) =>
    answersOf(way)
      .filter(([, answer]) => answer !== -EPERM)
      .map(([call, answer]) => `${call} ${way}: ${answer}`),
  );
  expect(letThrough).toEqual([]);
  expect([snapshotOf(outside), snapshotOf(mount)]).toEqual(before);
}

describe.runIf(process.platform !== "win32")("held by path", () => {
  test("paths that lead out are refused by every function", () => {
    expectRefused(spellingsOf(outside));
  });

  test("links of the host that lead out are refused by every function", async () => {
    await Promise.all(linksTo(outside).map(([name, target]) => symlink(target, join(mount, name))));
    expectRefused(waysThroughLinks(outside));
  });

  test.each([1, 2, 3])("a guest alone does not get out, seed %i", async (seed) => {
    const names = ["x", "y", "z", "up"];
    const segments = [...names, "..", "..", "..", "."];
    for (const place of [".", ...names]) {
      await mkdir(join(base, place), { recursive: true });
      await writeFile(join(base, place, "outside-only"), "");
    }
    const before = snapshotOf(outside);
    const roll = seededNumbers(seed);
    const text = () => Array.from({ length: 1 + roll(6) }, () => pick(segments, roll)).join("/");
    const path = () => (roll(3) === 0 ? pick(names, roll) : `${text()}/${pick(names, roll)}`);
    const steps = [
      () => mkdirPath(at, path()),
      () => symlinkPath(text(), at, path()),
      () => symlinkPath(text(), at, path()),
      () => renamePath(at, path(), at, path()),
      () => linkPath(at, path(), false, at, path()),
      () => tryOpen(path(), OPEN_WRITE | OPEN_CREATE),
      () => unlinkPath(at, path()),
      () => rmdirPath(at, path()),
    ];
    let done = 0;
    for (let step = 0; step < 3000; step++) {
      if (pick(steps, roll)() === 0) done++;
      expect(tryOpen(`${text()}/outside-only`, OPEN_READ)).toBeLessThan(0);
    }
    expect(done).toBeGreaterThan(100);
    expect(snapshotOf(outside)).toEqual(before);
    const ends = await Promise.all(
      linksIn(mount).map(async (link) => realpath(link).catch(() => mount)),
    );
    expect(ends.filter((end) => !`${end}${sep}`.startsWith(mount + sep))).toEqual([]);
  });
});
