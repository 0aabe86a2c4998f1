import { chmod, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isSafedockError, openEngine, type Engine } from "safedock";
import { wasmImage, startRegistry, type TestRegistry } from "safedock/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { guestBytes } from "../engine/guests.js";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { expectCleanStore } from "../support/verify-clean.js";

let registry: TestRegistry;
let fixture: TestEngine;
let engine: Engine;

beforeAll(async () => {
  registry = await startRegistry();
  const hello = await guestBytes("hello");
  for (const text of ["one", "two", "three"]) {
    const files = { "/bin/hello.wasm": hello, "/text": text };
    await registry.push(
      `acme/${text}:1`,
      await wasmImage({ files, entrypoint: ["/bin/hello.wasm"] }),
    );
  }
});
afterAll(() => registry.close());
beforeEach(async () => {
  fixture = await openTestEngine();
  engine = fixture.engine;
});
afterEach(() => fixture.close());

const pull = (name: string) => engine.pullImage(`${registry.host}/acme/${name}:1`);

async function blobs(): Promise<number> {
  return (await readdir(join(engine.root, "v1", "blobs", "sha256"))).length;
}

async function names(): Promise<(string | undefined)[]> {
  return (await engine.images.list()).map(({ reference }) => reference);
}

describe("images.tag", () => {
  test("gives one image several names; a moved name leaves the other image without one", async () => {
    const one = await pull("one");
    const two = await pull("two");
    const tagged = await engine.images.tag(one, "stable");
    expect(tagged.reference).toBe("docker.io/library/stable:latest");
    expect((await engine.images.get("stable")).digest).toBe(one.digest);
    await engine.images.tag(two.digest, "stable");
    expect((await engine.images.get("stable")).digest).toBe(two.digest);
    expect((await engine.images.get(one.reference ?? "")).digest).toBe(one.digest);
    await expect(engine.images.tag("none:1", "x")).rejects.toMatchObject({
      code: "ERR_IMAGE_NOT_FOUND",
    });
    await expect(engine.images.tag(two, `x@${one.digest}`)).rejects.toMatchObject({
      code: "ERR_DIGEST_MISMATCH",
    });
    await engine.images.remove(two.digest);
    await expect(engine.images.tag(two, "x")).rejects.toMatchObject({
      code: "ERR_IMAGE_NOT_FOUND",
    });
    await expectCleanStore(engine.root);
  });
});

describe("engine.prune", () => {
  test("removes what images.prune does", async () => {
    const one = await pull("one");
    const image = await engine.loadImage(await guestBytes("env"));
    const report = await engine.prune();
    expect(report.images.map(({ digest }) => digest)).toEqual([image.digest]);
    expect(await names()).toEqual([one.reference]);
    await expectCleanStore(engine.root);
  });
});

describe("images.remove", () => {
  test("drops names first, and with the last one the image and what no other image needs", async () => {
    const one = await pull("one");
    const before = await blobs();
    await pull("two");
    await engine.images.tag(one, "other");
    expect(await engine.images.remove("other")).toEqual({
      references: ["docker.io/library/other:latest"],
      blobs: 0,
      bytes: 0,
    });
    const removed = await engine.images.remove(one.reference ?? "");
    expect(removed).toMatchObject({ references: [one.reference], digest: one.digest });
    expect(removed.bytes).toBeGreaterThan(1000);
    expect(await blobs()).toBe(before);
    const { code } = await engine.run(`${registry.host}/acme/two:1`);
    expect(code).toBe(0);
    await expect(engine.images.remove("other")).rejects.toMatchObject({
      code: "ERR_IMAGE_NOT_FOUND",
    });
    await engine.images.remove(`${registry.host}/acme/two:1`);
    expect(await blobs()).toBe(0);
    await expectCleanStore(engine.root);
  });

  test("refuses an image that a container uses; with force its files stay until the container is gone", async () => {
    const one = await pull("one");
    const container = await engine.createContainer(one);
    const error: unknown = await engine.images
      .remove(one.digest)
      .catch((reason: unknown) => reason);
    if (!isSafedockError(error, "ERR_IMAGE_IN_USE")) return expect.unreachable();
    expect(error.data.containers).toEqual([container.id]);
    // A name that is not the last one may always go.
    await engine.images.tag(one, "other");
    await engine.images.remove("other");

    expect(await engine.images.remove(one.digest, { force: true })).toMatchObject({
      digest: one.digest,
    });
    expect(await names()).toEqual([]);
    await engine.images.prune({ all: true });
    const main = await container.start();
    expect(await main.wait()).toMatchObject({ code: 0 });
    await container.remove();
    expect((await engine.images.prune()).blobs).toBeGreaterThan(0);
    expect(await blobs()).toBe(0);
  });

  test("what another engine's containers and runs use stays, until they are gone", async () => {
    const one = await pull("one");
    const other = await openEngine({ root: engine.root });
    try {
      const theirs = await other.images.get(one.digest);
      await other.run(theirs);
      const container = await other.createContainer(theirs);
      await engine.images.remove(one.digest);
      expect(await names()).toEqual([]);
      const main = await container.start();
      expect(await main.wait()).toMatchObject({ code: 0 });
      await container.remove();
      await other.images.prune();
      expect(await blobs()).toBe(0);
      // An image that was collected meanwhile: a clear error, whoever asks.
      const fresh = await other.createContainer(theirs).catch((reason: unknown) => reason);
      expect(fresh).toMatchObject({ code: "ERR_IMAGE_NOT_FOUND" });
      await expect(engine.run(one)).rejects.toMatchObject({ code: "ERR_IMAGE_NOT_FOUND" });
    } finally {
      await other.close();
    }
  });

  test("leaves files for prune with collect: false", async () => {
    const one = await pull("one");
    const before = await blobs();
    expect(await engine.images.remove(one.digest, { collect: false })).toMatchObject({ blobs: 0 });
    expect(await blobs()).toBe(before);
    expect((await engine.images.prune()).blobs).toBe(before);
  });
});

describe("images.prune", () => {
  test("takes images without a name; with all, whatever no container uses and nobody pinned", async () => {
    const [one, two] = [await pull("one"), await pull("two")];
    const loaded = await engine.loadImage(await guestBytes("hello"));
    expect((await engine.images.prune({ dryRun: true })).images).toEqual([
      { digest: loaded.digest, references: [] },
    ]);
    expect(await engine.images.list()).toHaveLength(3);
    const report = await engine.images.prune();
    expect(report.images).toEqual([{ digest: loaded.digest, references: [] }]);
    expect(report.bytes).toBeGreaterThan(500);
    expect(await engine.images.list()).toHaveLength(2);

    await engine.images.pin(one);
    await using container = await engine.createContainer(two);
    const three = await pull("three");
    const all = await engine.images.prune({ all: true });
    expect(all.images).toEqual([{ digest: three.digest, references: [three.reference] }]);
    expect(await names()).toEqual([one.reference, two.reference]);
    await container.remove();
    await engine.images.unpin(one);
    expect((await engine.images.prune({ all: true })).images).toHaveLength(2);
    expect(await blobs()).toBe(0);
    await expectCleanStore(engine.root);
  });

  test("spares what is young, with olderThanMs", async () => {
    const one = await pull("one");
    expect((await engine.images.prune({ all: true, olderThanMs: 60_000 })).images).toEqual([]);
    expect(await names()).toEqual([one.reference]);
  });

  test("an image of which the last name moved away is taken, a pinned one only by name", async () => {
    const one = await pull("one");
    await engine.images.tag(one, "stable");
    await engine.images.remove(one.reference ?? "");
    await engine.images.pin("stable");
    await engine.images.tag(await pull("two"), "stable");
    expect((await engine.images.prune()).images).toEqual([]);
    await engine.images.remove(one.digest);
    expect((await engine.images.usage()).images.map(({ pinned }) => pinned)).toEqual([false]);
  });
});

test("images.usage says what each image takes, alone and shared, and what nobody needs", async () => {
  const one = await pull("one");
  const single = await engine.images.usage();
  expect(single.images).toMatchObject([
    {
      digest: one.digest,
      references: [one.reference],
      size: one.size,
      sharedBytes: 0,
      inUse: false,
    },
  ]);
  expect(single.images[0]?.diskBytes).toBe(single.diskBytes);
  expect(single).toMatchObject({ unusedBytes: 0, reclaimableBytes: single.diskBytes });

  const again = await engine.buildImage({
    from: one,
    files: { "/more": "more" },
    reference: "more:1",
  });
  await using container = await engine.createContainer(again);
  const both = await engine.images.usage();
  const [first, second] = [one, again].map(({ digest }) =>
    both.images.find((usage) => usage.digest === digest),
  );
  expect(first?.sharedBytes).toBe(second?.sharedBytes);
  expect(first?.sharedBytes).toBeGreaterThan(one.size);
  expect(second).toMatchObject({ inUse: true });
  const sum = (first?.uniqueBytes ?? 0) + (second?.uniqueBytes ?? 0) + (first?.sharedBytes ?? 0);
  expect(both.diskBytes).toBe(sum);
  expect(both.reclaimableBytes).toBe(first?.uniqueBytes);
  await container.remove();

  await engine.images.remove(again.digest, { collect: false });
  const { unusedBytes, reclaimableBytes } = await engine.images.usage();
  expect(unusedBytes).toBeGreaterThan(0);
  expect((await engine.images.prune()).bytes).toBe(unusedBytes);
  expect((await engine.images.prune({ all: true })).bytes).toBe(reclaimableBytes - unusedBytes);
});

test("an engine leaves no lease when it is closed; warm runs write none", async () => {
  const one = await pull("one");
  await engine.run(one);
  const folder = join(engine.root, "v1", "leases");
  const leases = await readdir(folder);
  expect(leases).toHaveLength(1);
  await Promise.all([1, 2, 3].map(() => engine.run(one)));
  await using container = await engine.createContainer(one);
  expect(await readdir(folder)).toEqual(leases);
  await container.remove();
  await engine.close();
  expect(await readdir(folder)).toEqual([]);
});

test("engine.verify mends what the registry still has, and the image runs again", async () => {
  const one = await pull("one");
  const [layer] = one.inspect().layers;
  const blobsFolder = join(engine.root, "v1", "blobs", "sha256");
  for (const digest of [layer?.digest, layer?.diffId]) {
    const path = join(blobsFolder, digest?.slice(7) ?? "");
    await chmod(path, 0o600);
    await writeFile(path, "damaged");
  }
  expect(await engine.verify()).toMatchObject({ ok: false });
  const report = await engine.verify({ repair: "pull" });
  expect(report.ok).toBe(true);
  expect(report.damaged.map(({ kind, repaired }) => [kind, repaired])).toEqual([
    ["blob", true],
    ["blob", true],
  ]);
  expect(await names()).toEqual([one.reference]);
  expect(await engine.run(one)).toMatchObject({ code: 0 });
});

test("an image that lacks a file says so, until it is pulled again", async () => {
  const one = await pull("one");
  await rm(join(engine.root, "v1", "snapshots"), { recursive: true });
  await mkdir(join(engine.root, "v1", "snapshots"));
  const fresh = await engine.images.get(one.digest);
  await expect(engine.run(fresh)).rejects.toMatchObject({ code: "ERR_STORE_INVALID" });
  expect(await engine.run(await pull("one"))).toMatchObject({ code: 0 });
});
