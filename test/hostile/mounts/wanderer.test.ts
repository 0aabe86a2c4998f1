/** A guest alone that makes and moves links at random: no way out for it, and none for a program of the host. */
import { mkdir, realpath, rm, writeFile } from "node:fs/promises";
import { join, sep } from "node:path";
import type { FsGrant, Image, RunOptions } from "safedock";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestEngine, type TestEngine } from "../../support/test-engine.js";
import { linksIn, snapshotOf } from "./canary.js";
import { hostileGuest } from "./hostile-guest.js";

const STEPS = "8000";
const SEEDS = ["1", "2", "3"];
/** It did get about, and was held back. */
const GOT_ABOUT = (counts: Record<string, number>) =>
  (counts.made ?? 0) > 200 && (counts.opened ?? 0) > 500 && (counts.refused ?? 0) > 1000;

let fixture: TestEngine;
let image: Image;

beforeAll(async () => {
  fixture = await openTestEngine({ workers: 1 });
  image = await fixture.engine.loadImage(hostileGuest("wanderer"));
});
afterAll(() => fixture.close());

/** Runs the guest; gives how often it did what it wanted. */
async function wander(seed: string, options: RunOptions) {
  const result = await fixture.engine.run(image, {
    ...options,
    args: [seed, STEPS],
    limits: { timeoutMs: 100_000 },
  });
  expect(result).toMatchObject({ code: 0, reason: "exited" });
  const [made = 0, opened = 0, refused = 0] = result.stdout
    .toString()
    .trim()
    .split(" ")
    .map(Number);
  return { made, opened, refused };
}

test.each(SEEDS)("over a host directory, seed %s", async (seed) => {
  const base = join(fixture.folder, `wander-${seed}`);
  const outside = join(base, "outside");
  const mount = join(base, "up", "mount");
  await mkdir(mount, { recursive: true });
  // Whatever names it puts together, one level up there is something to find.
  for (const place of ["", "up", "up/x", "up/y", "up/z", "up/up", "outside", "x", "y", "z"]) {
    await mkdir(join(base, place), { recursive: true });
    await writeFile(join(base, place, "outside-only"), "");
  }
  const around = () =>
    [outside, join(base, "x"), join(base, "up/x"), join(base, "up/up")].map(snapshotOf);
  const before = around();
  const grant: FsGrant = { source: mount, target: "/work", access: "read-write" };
  const counts = await wander(seed, { rootfs: "none", grants: { fs: [grant] } });
  expect(counts).toSatisfy(GOT_ABOUT);
  expect(around()).toEqual(before);
  const ends = await Promise.all(
    linksIn(mount).map(async (link) => realpath(link).catch(() => mount)),
  );
  expect(ends.filter((end) => !`${end}${sep}`.startsWith(mount + sep))).toEqual([]);
  await rm(base, { recursive: true });
});

test.each(["writable", "memory"] as const)("over a %s root", async (rootfs) => {
  expect(await wander("4", { rootfs })).toSatisfy(GOT_ABOUT);
});
