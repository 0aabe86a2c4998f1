import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { GuestPool } from "../../dist/guest/pool.js";
import { compileFixture, guestSpec } from "./fixture.js";

/** A copy of the product whose worker can be made to fail. */
let folder: string;
let Pool: typeof GuestPool;

const dist = fileURLToPath(new URL("../../dist/", import.meta.url));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "safedock-crash-"));
  for (const part of ["base", "fs", "guest", "component", "tree", "wasi", "wasm"]) {
    await cp(join(dist, part), join(folder, part), { recursive: true });
  }
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  // The entry may be a bundle; here it must load the changed kernel.
  await writeFile(
    join(folder, "guest/worker-main.js"),
    `import { workerData } from "node:worker_threads";
    import { WorkerLoop } from "./worker-loop.js";
    new WorkerLoop(workerData).turn();`,
  );
  const kernel = join(folder, "guest/kernel.js");
  const text = await readFile(kernel, "utf8");
  await writeFile(
    kernel,
    text.replace(
      /(\n {4}begin\(process, memory\) \{\n)/,
      (begin) => `${begin}
      const { spec } = process;
      const { exit } = globalThis.process;
      if (spec.args[0] === "exit") exit(9);
      if (spec.args[0] === "throw") throw new Error("a fault of ours");
      if (spec.args[0] === "heap") for (const all = []; ; ) all.push(new Array(100000).fill(0));`,
    ),
  );
  ({ GuestPool: Pool } = (await import(pathToFileURL(join(folder, "guest/pool.js")).href)) as {
    GuestPool: typeof GuestPool;
  });
});
afterAll(() => rm(folder, { recursive: true }));

test("a worker that ends by itself fails its guest alone", async () => {
  const pool = new Pool({ workers: 1, maxWorkers: 1 });
  const hello = await compileFixture(pool, "hello");
  const guests = ["exit", "a", "throw", "b"].map((first) =>
    pool.start(guestSpec({ args: [first] }), hello, { collect: true }),
  );
  const [exit, a, failed, b] = await Promise.allSettled(guests.map((guest) => guest.wait()));
  expect(exit).toMatchObject({ status: "rejected", reason: { code: "ERR_WORKER_FAILED" } });
  expect(failed).toMatchObject({ status: "rejected", reason: { code: "ERR_WORKER_FAILED" } });
  expect(a).toMatchObject({ status: "fulfilled", value: { code: 0 } });
  expect(b).toMatchObject({ status: "fulfilled", value: { code: 0 } });
  expect(pool.inFlight).toBe(0);
  await pool.close();
});

test("a failed guest that nobody waits for makes no unhandled rejection", async () => {
  const pool = new Pool({ workers: 1 });
  const guest = pool.start(guestSpec({ args: ["exit"] }), await compileFixture(pool, "hello"));
  for await (const _ of guest.stdout);
  expect(guest.over).toBe(true);
  await pool.close();
});

test("a worker whose heap is full ends its guest as a limit", async () => {
  const pool = new Pool({ workers: 1 });
  const hello = await compileFixture(pool, "hello");
  const guest = pool.start(guestSpec({ args: ["heap"] }), hello);
  expect(await guest.wait()).toMatchObject({ code: 137, reason: "limit" });
  expect(await pool.start(guestSpec(), hello).wait()).toMatchObject({ code: 0 });
  await pool.close();
});

test("workers that cannot begin fail what waits for them, and are not tried for ever", async () => {
  await writeFile(join(folder, "guest/worker-main.js"), "process.exit(1);");
  const pool = new Pool({ workers: 1, maxWorkers: 2 });
  await expect(compileFixture(pool, "hello")).rejects.toMatchObject({ code: "ERR_WORKER_FAILED" });
  await pool.close();
});
