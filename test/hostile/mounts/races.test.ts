/**
 * A guest walks through a mount while somebody swaps the directories on its way for links that lead out:
 * a second guest that shares the mount, or a program of the host. Nothing outside may be read, made,
 * changed or removed by any function that takes a path.
 *
 * SAFEDOCK_RACES=200000 for the long form: so many calls of each function against each of the two.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { FsGrant, Image } from "safedock";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestEngine, type TestEngine } from "../../support/test-engine.js";
import { hostileGuest } from "./hostile-guest.js";
import { snapshotOf } from "./canary.js";
import { makeRaceFolders, type RaceFolders } from "./race-folders.js";

const RACES = Number(process.env["SAFEDOCK_RACES"] ?? 4_000);
/** A call takes 20 to 60 µs; the rest is for a machine that has much else to do. */
const TIMEOUT_MS = 60_000 + RACES * 3;

const FUNCTIONS = [
  ...["open", "create", "truncate", "stat", "mkdir", "rmdir", "unlink", "rename-from", "rename-to"],
  ...["link-from", "link-to", "symlink", "readlink", "set-times", "readdir"],
];

let fixture: TestEngine;
let victim: Image;
let swapper: Image;

beforeAll(async () => {
  fixture = await openTestEngine({ workers: 2 });
  victim = await fixture.engine.loadImage(hostileGuest("races"));
  swapper = await fixture.engine.loadImage(hostileGuest("swapper"));
});
afterAll(() => fixture.close());

const grant = ({ mount }: RaceFolders): FsGrant[] => [
  { source: mount, target: "/work", access: "read-write" },
];

/** Stops a racer, which must not have ended by itself. */
type Stop = () => Promise<void>;

async function raceWithProgram({ mount, kinds }: RaceFolders): Promise<Stop> {
  const program = fileURLToPath(new URL("swap-names.mjs", import.meta.url));
  const child = spawn(process.execPath, [program, mount, String(kinds)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  return async () => {
    expect(child.exitCode).toBeNull();
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  };
}

async function raceWithGuest(folders: RaceFolders): Promise<Stop> {
  const container = await fixture.engine.createContainer(swapper, {
    args: [String(folders.kinds)],
    rootfs: "none",
    grants: { fs: grant(folders) },
    limits: { timeoutMs: TIMEOUT_MS },
  });
  await container.start();
  return async () => {
    expect(container.state).toBe("running");
    await container.remove({ force: true });
  };
}

describe.runIf(process.platform === "linux").each([
  ["a program of the host", raceWithProgram],
  ["a second guest", raceWithGuest],
])("no way out of a mount, raced by %s", (_name, startRacer) => {
  test.each(FUNCTIONS)(
    `%s, ${RACES} times`,
    async (call) => {
      const folders = await makeRaceFolders(join(fixture.folder, "race"));
      const before = snapshotOf(folders.outside);
      const stop = await startRacer(folders);
      let result;
      try {
        result = await fixture.engine.run(victim, {
          args: [call, String(RACES)],
          rootfs: "none",
          grants: { fs: grant(folders) },
          limits: { timeoutMs: TIMEOUT_MS },
        });
      } finally {
        await stop();
      }
      expect(result).toMatchObject({ code: 0, reason: "exited" });
      expect(snapshotOf(folders.outside)).toEqual(before);
      // The guest itself goes on until it was often let in and often refused.
      expect(result.stdout.toString()).toMatch(/^\d+ \d+ \d+\n$/);
      if (process.env["SAFEDOCK_RACES"] !== undefined) {
        console.log(`${call}: done, refused, other: ${result.stdout.toString().trim()}`);
      }
    },
    TIMEOUT_MS + 30_000,
  );
});
