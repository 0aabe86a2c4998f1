/** A guest that ends before it has read its input neither holds the app up nor makes it fail. */
import { once } from "node:events";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Engine, Image } from "safedock";
import { afterAll, beforeAll, expect, test } from "vitest";
import { guestPath } from "../../engine/guests.js";
import { rejectionOf } from "../../support/thrown-by.js";
import { openTestEngine, type TestEngine } from "../../support/test-engine.js";

let fixture: TestEngine;
let engine: Engine;
let hello: Image;

beforeAll(async () => {
  fixture = await openTestEngine({ workers: 1 });
  engine = fixture.engine;
  hello = await engine.loadImage(guestPath("hello"));
});
afterAll(() => fixture.close());

const BLOCK = Buffer.alloc(65_536);

test("a writer that waits for room is never left waiting", async () => {
  await using container = await engine.createContainer(hello);
  const { stdin } = await container.start();
  for (let turn = 0; turn < 100; turn++) {
    if (!stdin.write(BLOCK)) await once(stdin, "drain");
  }
  await new Promise<void>((resolve) => stdin.end(resolve));
  expect((await container.wait()).code).toBe(0);
});

test("a source that is piped into it comes to its end", async () => {
  await using container = await engine.createContainer(hello);
  const main = await container.start();
  await main.wait();
  await pipeline(Readable.from(Array.from({ length: 100 }, () => BLOCK)), main.stdin);
  expect(main.stdin.writableFinished).toBe(true);
});

test("a source without end is stopped by a signal when the guest is over", async () => {
  await using container = await engine.createContainer(hello);
  const main = await container.start();
  const over = new AbortController();
  async function* endless() {
    for (;;) yield await new Promise<Buffer>((resolve) => setImmediate(resolve, BLOCK));
  }
  const fed = rejectionOf(pipeline(endless, main.stdin, { signal: over.signal }));
  expect((await main.wait()).code).toBe(0);
  over.abort();
  expect(await fed).toMatchObject({ name: "AbortError" });
});

test("a guest that is killed with its input full gives the writer its answer", async () => {
  const loop = await engine.loadImage(guestPath("loop"));
  await using container = await engine.createContainer(loop);
  const main = await container.start();
  const written = new Promise((resolve) => main.stdin.write(Buffer.alloc(2 ** 21), resolve));
  await main.kill();
  await written;
  expect(main.status?.reason).toBe("killed");
});
