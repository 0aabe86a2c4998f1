import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Container } from "safedock";
import { openTestEngine, type TestEngine } from "../../support/test-engine.js";
import { hostileGuest } from "./hostile-guest.js";

const QUOTA_BYTES = 2 ** 20;
const FILES = 20;

let fixture: TestEngine;

beforeAll(async () => {
  fixture = await openTestEngine({ workers: 2 });
});
afterAll(() => fixture.close());

describe("held-files: what one process holds and another removes is counted until it is closed", () => {
  const places = {
    "a host directory": "/data",
    "the writable layer": "/tmp",
  };

  test.each(Object.entries(places))("%s", async (_place, directory) => {
    await using container = await create();
    const args = ["hold", directory, String(FILES)];
    const holder = await container.exec(["/held-files.wasm", ...args]);
    const lines = holder.stdout.lines()[Symbol.asyncIterator]();
    expect((await lines.next()).value).toBe("held");
    expect(await fill(container, directory)).toBeLessThanOrEqual(QUOTA_BYTES);
    holder.stdin.write("\n");
    expect(Number((await lines.next()).value)).toBeLessThanOrEqual(QUOTA_BYTES);
    expect(await holder.wait()).toMatchObject({ reason: "exited", code: 0 });
    // All of it is given back with the last handle, and once.
    expect(await fill(container, directory)).toBe(FILES * QUOTA_BYTES);
  });

  test.each(Object.entries(places))(
    "%s, held by a process that is killed",
    async (_, directory) => {
      await using container = await create();
      const args = ["hold", directory, String(FILES)];
      const holder = await container.exec(["/held-files.wasm", ...args]);
      const lines = holder.stdout.lines()[Symbol.asyncIterator]();
      expect((await lines.next()).value).toBe("held");
      await holder.kill();
      expect(await fill(container, directory)).toBe(FILES * QUOTA_BYTES);
    },
  );
});

async function create(): Promise<Container> {
  const { engine, folder } = fixture;
  const image = await engine.loadImage(hostileGuest("held-files"));
  const source = await mkdtemp(join(folder, "held-"));
  const fs = [{ source, target: "/data", access: "read-write", maxBytes: QUOTA_BYTES }] as const;
  const limits = { writableBytes: QUOTA_BYTES };
  const container = await engine.createContainer(image, { grants: { fs }, limits });
  await container.fs.mkdir("/tmp");
  return container;
}

/** Bytes that could be written, into one file after the other, each removed before the next. */
async function fill(container: Container, directory: string): Promise<number> {
  const args = ["fill", directory, String(FILES), String(QUOTA_BYTES)];
  const process = await container.exec(["/held-files.wasm", ...args]);
  expect(await process.wait()).toMatchObject({ reason: "exited", code: 0 });
  return Number(process.captured.stdout.toString());
}
