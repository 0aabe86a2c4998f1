/** Floods of stdout and stderr, with every kind of reader: the app's memory stays flat, the guest's end is told. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Image } from "safedock";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestEngine, type TestEngine } from "../../support/test-engine.js";
import { hostileGuest } from "./hostile-guest.js";

const MiB = 2 ** 20;
/** What the app's side of the two rings and streams may hold, with room for the rest of the process. */
const FLAT_BYTES = 60 * MiB;

let fixture: TestEngine;
let image: Image;

beforeAll(async () => {
  fixture = await openTestEngine();
  image = await hostileGuest(fixture.engine, "floods");
});

afterAll(() => fixture.close());

const buffers = () => {
  const { external, arrayBuffers, heapUsed } = process.memoryUsage();
  return external + arrayBuffers + heapUsed;
};

describe("floods", () => {
  test.each([
    ["stdout", "1"],
    ["stderr", "2"],
    ["both", "3"],
  ])("%s without a reader is cut at its limit and flagged", async (_, fd) => {
    const result = await fixture.engine.run(image, {
      args: ["40", "65536", fd],
      limits: { stdoutBytes: 100_000, stderrBytes: 50_000 },
    });
    expect(result).toMatchObject({ code: 0, reason: "exited", truncated: true });
    expect(result.stdout.length).toBe(fd === "2" ? 0 : 100_000);
    expect(result.stderr.length).toBe(fd === "1" ? 0 : 50_000);
    expect(result.usage.writtenBytes).toBe(40 * MiB);
  });

  test("for ever, in writes of a byte, until the deadline", async () => {
    const before = buffers();
    const result = await fixture.engine.run(image, {
      args: ["0", "1", "3"],
      limits: { timeoutMs: 500, stdoutBytes: 1000, stderrBytes: 1000 },
    });
    expect(result).toMatchObject({ reason: "timeout", truncated: true });
    expect(result.stdout.length).toBe(1000);
    expect(result.usage.writtenBytes).toBeGreaterThan(2000);
    expect(buffers() - before).toBeLessThan(FLAT_BYTES);
  });

  test("a fast reader gets every byte", async () => {
    await using container = await fixture.engine.createContainer(image, {
      args: ["32", "65536", "3"],
    });
    const main = await container.start();
    const counted = await Promise.all(
      [main.stdout, main.stderr].map(async (stream) => {
        let bytes = 0;
        for await (const chunk of stream) bytes += (chunk as Buffer).length;
        return bytes;
      }),
    );
    expect(counted).toEqual([16 * MiB, 16 * MiB]);
    expect(await main.wait()).toMatchObject({ code: 0 });
  });

  test("a slow reader slows the guest down, and holds little of what it writes", async () => {
    await using container = await fixture.engine.createContainer(image, {
      args: ["0", "65536", "1"],
    });
    const main = await container.start();
    const before = buffers();
    let bytes = 0;
    for await (const chunk of main.stdout) {
      bytes += (chunk as Buffer).length;
      await sleep(10);
      expect(buffers() - before).toBeLessThan(FLAT_BYTES);
      if (bytes > 3 * MiB) break;
    }
    // The stream was closed by leaving the loop: the guest sees EPIPE.
    expect(await main.wait()).toMatchObject({ code: 32, reason: "exited" });
    expect(main.status?.usage.writtenBytes).toBeLessThan(bytes + 2 * MiB);
  });

  test("nobody reads and nobody waits: it stands still", async () => {
    await using container = await fixture.engine.createContainer(image, {
      args: ["0", "4096", "1"],
    });
    const main = await container.start();
    const before = buffers();
    await sleep(300);
    expect(main.over).toBe(false);
    expect(buffers() - before).toBeLessThan(FLAT_BYTES);
    await main.kill();
    expect(main.status?.usage.writtenBytes).toBeLessThan(MiB);
    expect(main.status?.usage.writtenBytes).toBeGreaterThan(100_000);
  });

  test.each([
    ["stdout", "1"],
    ["stderr", "2"],
  ] as const)("a reader of %s that goes away is EPIPE", async (name, fd) => {
    await using container = await fixture.engine.createContainer(image, {
      args: ["0", "65536", fd],
    });
    const main = await container.start();
    main[name].once("data", () => main[name].destroy());
    expect(await main.wait()).toMatchObject({ code: 32, reason: "exited" });
  });

  test("then a trap: what was written before is there", async () => {
    const result = await fixture.engine.run(image, {
      args: ["2", "1000", "1", "trap"],
      limits: { stdoutBytes: 4 * MiB },
    });
    expect(result).toMatchObject({ reason: "trapped", truncated: false });
    expect(result.stdout.length).toBeGreaterThanOrEqual(2 * MiB);
  });
});

test("an app that floods the input of a guest that does not read is held up", async () => {
  await using container = await fixture.engine.createContainer(
    await hostileGuest(fixture.engine, "blocks"),
    { args: ["sleep"], grants: { clock: "real" } },
  );
  const main = await container.start();
  const before = buffers();
  let written = 0;
  while (main.stdin.write(Buffer.alloc(65_536)) && written < 64 * MiB) written += 65_536;
  expect(written).toBeLessThan(MiB);
  expect(buffers() - before).toBeLessThan(FLAT_BYTES);
  await main.kill();
  // What is written to nobody is dropped, and does not stand in the way of the stream's end.
  await new Promise<void>((resolve) => main.stdin.end(resolve));
});
