import { writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { ImageStore } from "../../src/image/image-store.js";
import { storedFiles } from "../../src/image/stored-files.js";
import { temporaryRoot } from "../content/store-fixture.js";
import { expectCleanStore } from "../support/verify-clean.js";
import { addImage, Blobs, CORE, fakeRegistry } from "./image-fixture.js";

const REFERENCE = "registry.example/acme/hello";
const BASE = [{ name: "base", data: "b".repeat(5_000) }];
const HELLO = [{ name: "hello.wasm", data: CORE }];

/** A promise, and what settles it. */
function gate() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** A store with layers that no image needs, and a pull of them that has come to the last blob. */
async function startPull(root: string) {
  const blobs = new Blobs();
  const old = addImage(blobs, { layers: [BASE, HELLO] });
  const wanted = addImage(blobs, { layers: [BASE, HELLO, [{ name: "more", data: "m" }]] });
  const mine = await ImageStore.open(root);
  await mine.pull(REFERENCE, { openedRegistry: fakeRegistry(blobs, old) });
  const housekeeping = await mine.housekeeping();
  await housekeeping.remove(old.digest, { collect: false }, () => undefined);

  const registry = fakeRegistry(blobs, wanted);
  const [reached, goOn] = [gate(), gate()];
  const last = [...blobs.bytes].findLast(([digest]) => digest !== wanted.digest);
  if (last === undefined) throw new Error("no blobs");
  registry.tampered.set(
    last[0],
    (async function* stalled() {
      reached.open();
      await goOn.opened;
      yield last[1];
    })(),
  );
  const controller = new AbortController();
  const { signal } = controller;
  const pull = mine.pull(REFERENCE, { openedRegistry: registry, signal });
  await reached.opened;
  return { pull, goOn, registry, controller, mine };
}

test("an image that is being pulled is never collected: what the pull found there stays", async () => {
  await using root = await temporaryRoot();
  const { pull, goOn, registry, mine } = await startPull(root.path);
  const other = await (await ImageStore.open(root.path)).housekeeping();
  await other.prune({ all: true });
  goOn.open();
  const record = await pull;
  expect(await mine.isComplete(record)).toBe(true);
  // Of its layers, the new one alone was fetched: the others were there, and stayed.
  const layers = new Set(record.layers.map(({ digest }) => `blob ${digest}`));
  expect(registry.calls.filter((call) => layers.has(call))).toHaveLength(1);
  await expectCleanStore(root.path);
  await other.prune({});
  expect(await mine.isComplete(record)).toBe(true);
});

test("what an aborted pull kept is collected by the next prune", async () => {
  await using root = await temporaryRoot();
  const { pull, controller, mine } = await startPull(root.path);
  controller.abort("enough");
  await expect(pull).rejects.toBe("enough");
  await expectCleanStore(root.path);
  await (await mine.housekeeping()).prune({});
  expect(await storedFiles(mine.content.layout, "blob")).toEqual([]);
  expect(await storedFiles(mine.content.layout, "snapshot")).toEqual([]);
});

test("an image whose record is damaged keeps its blobs, so that verify can make the record again", async () => {
  await using root = await temporaryRoot();
  const blobs = new Blobs();
  const manifest = addImage(blobs, { layers: [BASE, HELLO] });
  const store = await ImageStore.open(root.path);
  const record = await store.pull(REFERENCE, { openedRegistry: fakeRegistry(blobs, manifest) });
  await writeFile(store.content.layout.image(manifest.digest), "{}");
  await (await store.housekeeping()).prune({ all: true });
  expect(await store.verify({ repair: true })).toMatchObject({ ok: true });
  expect(await store.get(REFERENCE)).toMatchObject({ chainId: record.chainId });
  await expectCleanStore(root.path);
});
