/**
 * Two guests that share a mount: one moves a directory up and down, the other puts links into it that
 * lead out of the mount when it is up. None may be left there for a program of the host to follow.
 */
import { mkdir, realpath, rm } from "node:fs/promises";
import { join } from "node:path";
import type { FsGrant, Image } from "safedock";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestEngine, type TestEngine } from "../../support/test-engine.js";
import { linksIn } from "./canary.js";
import { hostileGuest } from "./hostile-guest.js";

const ROUNDS = 1_500;
const limits = { timeoutMs: 120_000 };
/** Of the guest that moves: a link was there for longer than the other guest needs to take it back. */
const CAUGHT = 3;
/** That guest may have been kept from running meanwhile. */
const MAX_TRIES = 5;

let fixture: TestEngine;
let image: Image;

beforeAll(async () => {
  fixture = await openTestEngine({ workers: 2 });
  image = await fixture.engine.loadImage(hostileGuest("moving-links"));
});
afterAll(() => fixture.close());

/** One race; gives how often the directory was up, what its mover left with, and the links that lead out. */
async function race(how: string) {
  const base = join(fixture.folder, `moving-${how}`);
  const mount = join(base, "mount");
  await mkdir(join(mount, "p", "q", "D"), { recursive: true });
  await mkdir(join(mount, "p", "q", "K"));
  await mkdir(join(base, "x"));
  const fs: FsGrant[] = [{ source: mount, target: "/work", access: "read-write" }];
  const options = { rootfs: "none", grants: { fs }, limits } as const;
  try {
    const [linker, mover] = await Promise.all([
      fixture.engine.run(image, { ...options, args: [how] }),
      fixture.engine.run(image, { ...options, args: ["mover", String(ROUNDS)] }),
    ]);
    expect(linker).toMatchObject({ code: 0, reason: "exited" });
    const ends = await Promise.all(
      linksIn(mount).map(async (link) => realpath(link).catch(() => "")),
    );
    const out = ends.filter((end) => end === join(base, "x"));
    return { ups: Number(mover.stdout.toString()), code: mover.code, out };
  } finally {
    await rm(base, { recursive: true });
  }
}

describe.runIf(process.platform === "linux")(
  "links in a directory that is moved up and down",
  () => {
    test.each(["symlink", "rename", "link"])(
      "made by %s",
      async (how) => {
        let ups = 0;
        for (let tries = 0; tries < MAX_TRIES; tries++) {
          const end = await race(how);
          expect(end.out).toEqual([]);
          ups += end.ups;
          if (end.code !== CAUGHT) break;
        }
        expect(ups).toBeGreaterThan(20);
      },
      limits.timeoutMs * 2,
    );
  },
);
