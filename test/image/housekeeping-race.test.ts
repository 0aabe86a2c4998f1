import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { ImageStore } from "../../src/image/image-store.js";
import { storedFiles } from "../../src/image/stored-files.js";
import { temporaryRoot } from "../content/store-fixture.js";
import { expectCleanStore } from "../support/verify-clean.js";
import { addImage, Blobs, CORE, writeLayout } from "./image-fixture.js";

const STORE = new URL("../../dist/image/image-store.js", import.meta.url).href;
const PROGRAM = fileURLToPath(new URL("pull-and-collect.mjs", import.meta.url));

/** Layout folders of images that share one layer, two and two share a second one. */
async function writeLayouts(folder: string): Promise<string[]> {
  const base = [{ name: "base", data: "b".repeat(10_000) }];
  const middle = ["x", "y"].map((data) => [{ name: "middle", data }]);
  const layouts: string[] = [];
  for (const i of [0, 1, 2, 3]) {
    const blobs = new Blobs();
    const top = [
      { name: "hello.wasm", data: CORE },
      { name: "top", data: String(i) },
    ];
    const manifest = addImage(blobs, { layers: [base, middle[i % 2] ?? [], top] });
    const path = join(folder, `layout-${i}`);
    await writeLayout(path, blobs, [manifest]);
    layouts.push(path);
  }
  return layouts;
}

const started = new Set<ChildProcess>();
// Those of a test that failed; the others have ended.
afterEach(() => {
  for (const child of started) child.kill("SIGKILL");
  started.clear();
});

function start(root: string, name: string, rounds: number, layouts: readonly string[]) {
  const args = [PROGRAM, STORE, root, name, String(rounds), ...layouts];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  started.add(child);
  return child;
}

async function outcome(child: ReturnType<typeof start>): Promise<string> {
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return `${output.replace("going\n", "")}${errors}`;
}

/** All names are gone: so must all blobs be, and everything made of them. */
async function expectEmptied(root: string): Promise<void> {
  const store = await ImageStore.open(root);
  await (await store.housekeeping()).prune({ all: true });
  await expectCleanStore(root);
  for (const kind of ["blob", "layer", "unpacked", "snapshot", "image", "reference"] as const) {
    expect(await storedFiles(store.content.layout, kind), kind).toEqual([]);
  }
}

test("two processes that pull, remove and prune images of shared layers lose nothing and leave nothing", async () => {
  await using root = await temporaryRoot();
  const layouts = await writeLayouts(root.path);
  const store = join(root.path, "store");
  const children = ["one", "three"].map((name) => start(store, name, 60, layouts));
  expect(await Promise.all(children.map(outcome))).toEqual(["done\n", "done\n"]);
  await expectEmptied(store);
}, 120_000);

test("kill -9 of a process that pulls and collects, again and again, harms nobody else", async () => {
  await using root = await temporaryRoot();
  const layouts = await writeLayouts(root.path);
  const store = join(root.path, "store");
  const steady = start(store, "one", 120, layouts);
  const steadyOutcome = outcome(steady);
  for (let round = 0; round < 10 && steady.exitCode === null; round++) {
    const victim = start(store, "three", 10_000, layouts);
    const exited = once(victim, "exit");
    await Promise.race([once(victim.stdout, "data"), exited]);
    expect(victim.exitCode).toBe(null);
    setTimeout(() => victim.kill("SIGKILL"), 5 + round * 7);
    await exited;
  }
  expect(await steadyOutcome).toBe("done\n");
  await expectEmptied(store);
  expect(await readdir(join(store, "v1", "temp"))).toEqual([]);
}, 120_000);

test("verify with repair, again and again beside a process that pulls and removes, finds nothing wrong", async () => {
  await using root = await temporaryRoot();
  const layouts = await writeLayouts(root.path);
  const path = join(root.path, "store");
  const child = start(path, "one", 60, layouts);
  const childOutcome = outcome(child);
  await once(child.stdout, "data");
  const store = await ImageStore.open(path);
  let rounds = 0;
  while (child.exitCode === null) {
    expect((await store.verify({ repair: true })).damaged).toEqual([]);
    rounds++;
  }
  expect(await childOutcome).toBe("done\n");
  expect(rounds).toBeGreaterThan(5);
  await expectEmptied(path);
}, 120_000);
