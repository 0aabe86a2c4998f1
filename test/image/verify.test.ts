import { readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ImageStore } from "../../src/image/image-store.js";
import { storedFiles, type StoredKind } from "../../src/image/stored-files.js";
import { temporaryRoot } from "../content/store-fixture.js";
import { expectCleanStore } from "../support/verify-clean.js";
import { addImage, Blobs, fakeRegistry, HELLO } from "./image-fixture.js";

const REFERENCE = "registry.example/acme/hello";
const KINDS = ["blob", "layer", "unpacked", "snapshot", "image", "reference"] as const;

async function openWithHello(root: string) {
  const blobs = new Blobs();
  const manifest = addImage(blobs, HELLO);
  const registry = fakeRegistry(blobs, manifest);
  const store = await ImageStore.open(root);
  const record = await store.pull(REFERENCE, { openedRegistry: registry });
  return { store, record, registry };
}

async function flip(path: string, where: number): Promise<void> {
  const bytes = await readFile(path);
  const at = Math.min(bytes.length - 1, Math.floor(bytes.length * where));
  bytes.writeUInt8(bytes.readUInt8(at) ^ 4, at);
  await rm(path, { force: true });
  await writeFile(path, bytes);
}

async function pathsOf(store: ImageStore, kind: StoredKind): Promise<string[]> {
  const files = await storedFiles(store.content.layout, kind);
  const folders = kind === "snapshot" ? ["tree", "modules.json"] : [""];
  return files.flatMap(({ path }) => folders.map((name) => join(path, name)));
}

test("a store that is whole verifies clean", async () => {
  await using root = await temporaryRoot();
  const { store } = await openWithHello(root.path);
  const seen: number[] = [];
  const report = await store.verify({ onProgress: ({ checked }) => void seen.push(checked) });
  expect(report).toMatchObject({ ok: true, damaged: [] });
  expect(report.checked).toBe(seen.length);
  expect(report.bytes).toBeGreaterThan(1000);
  await expectCleanStore(root.path);
});

describe.each(KINDS)("damage of a file of kind %s is found:", (kind) => {
  test("one flipped bit", async () => {
    await using root = await temporaryRoot();
    const { store } = await openWithHello(root.path);
    for (const path of await pathsOf(store, kind)) {
      for (const where of [0, 0.3, 0.5, 0.9, 1]) {
        await flip(path, where);
        expect((await store.verify()).ok, `${path} at ${where}`).toBe(false);
        await flip(path, where);
      }
    }
    expect((await store.verify()).ok).toBe(true);
  });

  test("a file that is gone", async () => {
    await using root = await temporaryRoot();
    const { store } = await openWithHello(root.path);
    for (const path of await pathsOf(store, kind)) {
      const bytes = await readFile(path);
      await rm(path, { force: true });
      const { ok } = await store.verify();
      // A record is what tells that something is missing.
      expect(ok, path).toBe(kind === "reference");
      await writeFile(path, bytes);
    }
    expect((await store.verify()).ok).toBe(true);
  });

  test("a file cut short", async () => {
    await using root = await temporaryRoot();
    const { store } = await openWithHello(root.path);
    for (const path of await pathsOf(store, kind)) {
      const bytes = await readFile(path);
      await rm(path, { force: true });
      await writeFile(path, bytes);
      await truncate(path, Math.floor(bytes.length / 2));
      expect((await store.verify()).ok, path).toBe(false);
      await writeFile(path, bytes);
    }
    expect((await store.verify()).ok).toBe(true);
  });
});

type Harm = (path: string) => Promise<void>;
const HARMS: Record<string, Harm> = {
  "a flipped bit": (path) => flip(path, 0.4),
  "a cut": async (path) => {
    const bytes = await readFile(path);
    await rm(path);
    await writeFile(path, bytes.subarray(0, bytes.length / 3));
  },
  "a loss": (path) => rm(path),
};

describe.each(Object.entries(HARMS))("verify with repair, after %s,", (name, harm) => {
  test("makes tars, indexes, trees and records again of the blobs", async () => {
    await using root = await temporaryRoot();
    const { store, record, registry } = await openWithHello(root.path);
    const [layer] = record.layers;
    const { layout } = store.content;
    const derived = [
      layout.blob(layer?.diffId ?? record.digest),
      ...(await pathsOf(store, "layer")),
      ...(await pathsOf(store, "unpacked")),
      ...(await pathsOf(store, "snapshot")),
    ];
    // That a record was there is known only while its file is.
    if (name !== "a loss") derived.push(layout.image(record.digest));
    registry.calls.length = 0;
    for (const path of derived) {
      await harm(path);
      const report = await store.verify({ repair: true });
      expect(report.ok, path).toBe(true);
      expect(report.damaged.length, path).toBeGreaterThan(0);
      expect(report.damaged.filter(({ repaired }) => !repaired)).toEqual([]);
      const { createdAt: _when, pulledFrom: _where, ...rebuilt } = await store.get(REFERENCE);
      // The record alone says when and where an image came from.
      expect(record).toMatchObject(rebuilt);
      await expectCleanStore(root.path);
    }
    expect(registry.calls).toEqual([]);
  });

  test("removes what only a registry has; the next pull fetches that alone", async () => {
    await using root = await temporaryRoot();
    const { store, record, registry } = await openWithHello(root.path);
    const derived = new Set(record.layers.map(({ diffId }) => diffId));
    const files = await storedFiles(store.content.layout, "blob");
    const fetched = files.filter(({ digest }) => !derived.has(digest));
    expect(fetched).toHaveLength(3);
    for (const { digest, path } of fetched) {
      await harm(path);
      const report = await store.verify({ repair: true });
      expect(report).toMatchObject({
        ok: false,
        damaged: [{ kind: "blob", digest, repaired: false }],
      });
      await expect(readFile(path)).rejects.toThrow("ENOENT");
      registry.calls.length = 0;
      await store.pull(REFERENCE, { openedRegistry: registry });
      const blob = digest === record.digest ? [] : [`blob ${digest}`];
      expect(registry.calls).toEqual(["manifest latest", ...blob]);
      await expectCleanStore(root.path);
    }
  });

  test("pulls lost blobs again, with repair: pull", async () => {
    await using root = await temporaryRoot();
    const { store, registry } = await openWithHello(root.path);
    const before = await store.list();
    for (const path of await pathsOf(store, "blob")) {
      await harm(path);
      const report = await store.verify({ repair: "pull" }, { openedRegistry: registry });
      expect(report.ok, path).toBe(true);
      await expectCleanStore(root.path);
    }
    const after = await store.list();
    expect(after.map(({ reference }) => reference)).toEqual(
      before.map(({ reference }) => reference),
    );
  });

  test("drops a name that cannot be read", async () => {
    if (name === "a loss") return expect(KINDS).toContain("reference");
    await using root = await temporaryRoot();
    const { store, registry } = await openWithHello(root.path);
    const [path = ""] = await pathsOf(store, "reference");
    await harm(path);
    const report = await store.verify({ repair: true });
    expect(report).toMatchObject({ ok: true, damaged: [{ kind: "reference", repaired: false }] });
    await store.pull(REFERENCE, { openedRegistry: registry });
    expect(await store.list()).toHaveLength(1);
    await expectCleanStore(root.path);
  });
});

test("verify leaves alone what a living process works on", async () => {
  await using root = await temporaryRoot();
  const { store, record } = await openWithHello(root.path);
  const other = await ImageStore.open(root.path);
  const diffId = record.layers[0]?.diffId ?? record.digest;
  const lease = await other.content.leases.hold([diffId]);
  const tar = store.content.path(diffId);
  await flip(tar, 0.5);
  const damaged = await readFile(tar);
  expect(await store.verify({ repair: true })).toMatchObject({ ok: false });
  expect(damaged.equals(await readFile(tar))).toBe(true);
  await lease.release();
  expect(await store.verify({ repair: true })).toMatchObject({ ok: true });
  await expectCleanStore(root.path);
});

test("verify ends with the signal's reason, and leaves no lease", async () => {
  await using root = await temporaryRoot();
  const { store } = await openWithHello(root.path);
  const controller = new AbortController();
  const onProgress = () => controller.abort("enough");
  await expect(store.verify({ signal: controller.signal, onProgress })).rejects.toBe("enough");
  await expectCleanStore(root.path);
});
