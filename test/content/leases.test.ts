import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { ContentStore } from "../../src/content/content-store.js";
import type { Digest } from "../../src/oci/digest.js";
import { sha256 } from "../layer/tar-fixture.js";
import { temporaryRoot } from "./store-fixture.js";

const LEASES = new URL("../../dist/content/content-store.js", import.meta.url).href;
const PROGRAM = fileURLToPath(new URL("hold-lease.mjs", import.meta.url));
const [A, B, C] = ["a", "b", "c"].map(sha256) as [Digest, Digest, Digest];

/** Another process that holds a lease on A, or collects, until it is killed. */
async function startHolder(root: string, what: "hold" | "use" | "collect") {
  const child = spawn(process.execPath, [PROGRAM, LEASES, root, what, A], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  await once(child.stdout, "data");
  const kill = async () => {
    child.kill("SIGKILL");
    await exited;
  };
  return { kill, [Symbol.asyncDispose]: kill };
}

async function leaseFiles({ layout }: ContentStore): Promise<string[]> {
  const names = await readdir(layout.leases);
  return Promise.all(names.map((name) => readFile(join(layout.leases, name), "utf8")));
}

test("what one process holds, another one sees, until it is released", async () => {
  await using root = await temporaryRoot();
  const [mine, other] = [await ContentStore.open(root.path), await ContentStore.open(root.path)];
  const first = await mine.leases.hold([A, B]);
  const second = await mine.leases.hold([B, C]);
  const used = await mine.leases.use([C]);
  expect(await leaseFiles(mine)).toHaveLength(2);
  expect(await other.leases.read()).toEqual({ work: new Set([A, B, C]), use: new Set([C]) });
  await first.release();
  await first.release();
  const { work } = await other.leases.read();
  expect(work.has(B) && work.has(C)).toBe(true);
  await second.release();
  await used.release();
  expect(await leaseFiles(mine)).toEqual([]);
  expect(await other.leases.read()).toEqual({ work: new Set(), use: new Set() });
});

test("the file of a process that is never idle does not grow for ever, and names all that is held", async () => {
  await using root = await temporaryRoot();
  const { leases, layout } = await ContentStore.open(root.path);
  const kept = await leases.hold([A]);
  for (let round = 0; round < 12; round++) {
    const many = Array.from({ length: 1000 }, (_, i) => sha256(`${round} ${i}`));
    const lease = await leases.hold(many);
    const { work } = await leases.read();
    expect(work.has(A) && many.every((digest) => work.has(digest))).toBe(true);
    await lease.release();
  }
  const [name = ""] = await readdir(layout.leases);
  expect((await readFile(join(layout.leases, name), "utf8")).split("\n").length).toBeLessThan(6200);
  await kept.release();
  expect(await readdir(layout.leases)).toEqual([]);
});

test.each(["hold", "use"] as const)(
  "kill -9 of the holder of a lease (%s) ends it, and whoever looks removes its file",
  async (what) => {
    await using root = await temporaryRoot();
    const store = await ContentStore.open(root.path);
    await using holder = await startHolder(root.path, what);
    const leased = await store.leases.read();
    expect((what === "hold" ? leased.work : leased.use).has(A)).toBe(true);
    expect(await leaseFiles(store)).toHaveLength(1);
    await holder.kill();
    expect(await store.leases.read()).toEqual({ work: new Set(), use: new Set() });
    expect(await leaseFiles(store)).toEqual([]);
  },
);

test("who takes a lease waits for one who collects, and not for one who was killed at it", async () => {
  await using root = await temporaryRoot();
  const store = await ContentStore.open(root.path);
  await using collector = await startHolder(root.path, "collect");
  let isHeld = false;
  const holding = store.leases.hold([A]).then((lease) => {
    isHeld = true;
    return lease;
  });
  await sleep(150);
  expect(isHeld).toBe(false);
  // The lease is written before its owner waits.
  expect(await leaseFiles(store)).toEqual([`work\n${A}\n`]);
  await collector.kill();
  await (await holding).release();
  expect(await readdir(store.layout.collectors)).toEqual([]);
});

test("an abort ends the wait for one who collects and leaves no lease; the next one waits again", async () => {
  await using root = await temporaryRoot();
  const store = await ContentStore.open(root.path);
  await using collector = await startHolder(root.path, "collect");
  const controller = new AbortController();
  const reason = new Error("enough");
  const waiting = store.leases.hold([A], controller.signal);
  setTimeout(() => controller.abort(reason), 30);
  await expect(waiting).rejects.toBe(reason);
  expect(await leaseFiles(store)).toEqual([]);

  let isHeld = false;
  const next = store.leases.hold([A]).finally(() => {
    isHeld = true;
  });
  await sleep(100);
  expect(isHeld).toBe(false);
  await collector.kill();
  await (await next).release();
});

test("of many who want to collect at once, one does at a time, and all do", async () => {
  await using root = await temporaryRoot();
  const stores = await Promise.all([1, 2, 3, 4].map(() => ContentStore.open(root.path)));
  let busy = 0;
  let most = 0;
  const done = await Promise.all(
    stores.map(({ leases }, i) =>
      leases.collect(async () => {
        most = Math.max(most, ++busy);
        await sleep(5);
        busy--;
        return i;
      }),
    ),
  );
  expect(done).toEqual([0, 1, 2, 3]);
  expect(most).toBe(1);
  expect(await readdir(stores[0]?.layout.collectors ?? "")).toEqual([]);
});

test("an abort ends the wait to collect; work that fails leaves nothing", async () => {
  await using root = await temporaryRoot();
  const { leases, layout } = await ContentStore.open(root.path);
  await expect(leases.collect(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  const controller = new AbortController();
  await leases.collect(async () => {
    const inner = leases.collect(() => expect.unreachable(), controller.signal);
    setTimeout(() => controller.abort("enough"), 20);
    await expect(inner).rejects.toBe("enough");
  });
  expect(await readdir(layout.collectors)).toEqual([]);
});

test("another machine's collector counts for a minute after its last sign, its leases for a day", async () => {
  await using root = await temporaryRoot();
  const { leases, layout } = await ContentStore.open(root.path);
  const foreign = `000000000000-1-1-${"0".repeat(24)}`;
  const collector = join(layout.collectors, foreign);
  const lease = join(layout.leases, foreign);
  await writeFile(collector, "");
  await writeFile(lease, `use\n${A}\n`);
  const age = async (path: string, ms: number) => {
    const time = new Date(Date.now() - ms);
    await utimes(path, time, time);
  };
  await age(collector, 50_000);
  await expect(leases.collect(() => expect.unreachable(), AbortSignal.timeout(80))).rejects.toThrow(
    "timeout",
  );
  await age(collector, 70_000);
  await age(lease, 23 * 3_600_000);
  expect(await leases.collect(async () => (await leases.read()).use)).toEqual(new Set([A]));
  await age(lease, 25 * 3_600_000);
  expect((await leases.read()).use).toEqual(new Set());
  expect(await readdir(layout.leases)).toEqual([]);
});
