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
