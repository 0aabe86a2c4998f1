/** The source of a mount is removed, replaced or cut short while a guest runs. */
import { mkdir, rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FsGrant, Image } from "safedock";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openTestEngine, type TestEngine } from "../../support/test-engine.js";
import { snapshotOf } from "./canary.js";
import { hostileGuest } from "./hostile-guest.js";

const ENOENT = 44;
const BEFORE = "held=content file=content inner=inner made=0 stat=0 list=0";

let fixture: TestEngine;
let image: Image;
let base: string;
let source: string;

beforeAll(async () => {
  fixture = await openTestEngine({ workers: 1 });
  image = await fixture.engine.loadImage(hostileGuest("stays"));
});
afterAll(() => fixture.close());

beforeEach(async () => {
  base = join(fixture.folder, "stays");
  source = join(base, "source");
  await makeSource(source, "content");
});
afterEach(() => rm(base, { recursive: true }));

async function makeSource(path: string, content: string): Promise<void> {
  await mkdir(join(path, "directory"), { recursive: true });
  await writeFile(join(path, "file"), content);
  await writeFile(join(path, "directory", "inner"), "inner");
}

/** Runs the guest, with one change of the host after another; gives the line that it prints after each. */
async function looksAfter(...changes: readonly (() => Promise<void>)[]): Promise<string[]> {
  const fs: FsGrant[] = [{ source, target: "/work", access: "read-write" }];
  await using container = await fixture.engine.createContainer(image, {
    rootfs: "none",
    grants: { fs },
    limits: { timeoutMs: 60_000 },
  });
  const main = await container.start();
  const lines: string[] = [];
  const waiting = [...changes];
  for await (const line of main.stdout.lines()) {
    lines.push(line.trim());
    const change = waiting.shift();
    if (change === undefined) main.stdin.end();
    else {
      await change();
      main.stdin.write("\n");
    }
  }
  expect(await container.wait()).toMatchObject({ code: 0, reason: "exited" });
  expect(lines[0]).toBe(BEFORE);
  return lines.slice(1);
}

/** By path the mount is gone for the guest where directories are held by path. */
describe.runIf(process.platform === "linux")("what a running guest sees of its mount", () => {
  test("removed: what is open stays open, all else is not there", async () => {
    const looks = await looksAfter(() => rm(source, { recursive: true }));
    expect(looks).toEqual([
      `held=content file=${ENOENT} inner=${ENOENT} made=${ENOENT} stat=${ENOENT} list=0`,
    ]);
  });

  test("moved away: it goes on with the directory that it was given", async () => {
    const looks = await looksAfter(() => rename(source, join(base, "away")));
    expect(looks).toEqual([BEFORE]);
  });

  test("replaced by another directory: that one was not granted", async () => {
    const looks = await looksAfter(async () => {
      await rename(source, join(base, "away"));
      await makeSource(source, "other");
    });
    expect(looks).toEqual([BEFORE]);
  });

  test("replaced by a link: it is not followed", async () => {
    const secret = join(base, "secret");
    await makeSource(secret, "secret");
    const before = snapshotOf(secret);
    const looks = await looksAfter(
      async () => {
        await rename(source, join(base, "away"));
        await symlink(secret, source);
      },
      async () => {
        const inner = join(base, "away", "directory");
        await rename(inner, join(base, "moved"));
        await symlink(join(secret, "directory"), inner);
      },
    );
    expect(looks).toEqual([BEFORE, BEFORE]);
    expect(snapshotOf(secret)).toEqual(before);
  });

  test("files that shrink, grow and are replaced while they are open", async () => {
    const file = join(source, "file");
    const looks = await looksAfter(
      () => truncate(file, 3),
      () => truncate(file, 0),
      () => writeFile(file, "longer than it was"),
      async () => {
        await rm(file);
        await writeFile(file, "another");
      },
    );
    const rest = "inner=inner made=0 stat=0 list=0";
    expect(looks).toEqual([
      `held=con file=con ${rest}`,
      `held= file= ${rest}`,
      `held=longer than it was file=longer than it was ${rest}`,
      `held=longer than it was file=another ${rest}`,
    ]);
  });
});
