/** What a reference means: pullPolicy, pins by digest, the lock file. */
import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { openEngine, readImageLock, writeImageLock, type ImageLock } from "safedock";
import { imageIndex } from "safedock/testing";
import { describe, expect, it, test } from "vitest";
import { guestPath } from "../engine/guests.js";
import { helloImage, REPOSITORY, trustFixture } from "./fixture.js";

const TAG = `/v2/${REPOSITORY}/manifests/1`;
const NOT_FOUND = { code: "ERR_IMAGE_NOT_FOUND" };

describe("pullPolicy", () => {
  it("always (default): asks each time, notices a moved tag, downloads nothing that is there", async () => {
    await using fixture = await trustFixture();
    const first = await fixture.pull();
    fixture.requests();
    expect((await fixture.pull()).digest).toBe(first.digest);
    expect(fixture.requests()).toEqual([TAG]);
    const moved = await fixture.registry.push(`${REPOSITORY}:1`, await helloImage("two"));
    expect((await fixture.pull({ pullPolicy: "always" })).digest).toBe(moved.digest);
    expect(fixture.requests()[0]).toBe(TAG);
  });

  it("missing: takes the store's image without any request, and pulls one that is not there", async () => {
    await using fixture = await trustFixture();
    const pulls: unknown[] = [];
    fixture.engine.on("pull", (event) => pulls.push(event));
    const first = await fixture.pull({ pullPolicy: "missing" });
    expect(fixture.requests()).toContain(TAG);
    await fixture.registry.push(`${REPOSITORY}:1`, await helloImage("two"));
    expect((await fixture.pull({ pullPolicy: "missing" })).digest).toBe(first.digest);
    expect(fixture.requests()).toEqual([]);
    expect(pulls).toHaveLength(1);
  });

  it("never: the store's image or ERR_IMAGE_NOT_FOUND, without any request", async () => {
    await using fixture = await trustFixture();
    await expect(fixture.pull({ pullPolicy: "never" })).rejects.toMatchObject(NOT_FOUND);
    expect(fixture.requests()).toEqual([]);
    const { digest } = await fixture.pull();
    fixture.requests();
    expect((await fixture.pull({ pullPolicy: "never" })).digest).toBe(digest);
    const loaded = await fixture.engine.loadImage(guestPath("hello"), { reference: "hello:dev" });
    const found = await fixture.engine.pullImage("hello:dev", { pullPolicy: "never" });
    expect(found.digest).toBe(loaded.digest);
    expect(fixture.requests()).toEqual([]);
  });

  it("missing: pulls again what the store has for another platform, or not whole", async () => {
    const index = imageIndex([
      { image: await helloImage(), platform: "wasi/wasm" },
      { image: await helloImage("linux"), platform: "linux/amd64" },
    ]);
    await using fixture = await trustFixture({ pullPolicy: "missing" }, index);
    const wasm = await fixture.pull();
    const linux = await fixture.pull({ platform: "linux/amd64" });
    expect(linux.digest).not.toBe(wasm.digest);
    expect((await fixture.pull({ platform: "linux/amd64" })).digest).toBe(linux.digest);
  });

  it("of the engine: run and createContainer pull by it; without it they never do", async () => {
    await using fixture = await trustFixture();
    const { engine, reference, registry } = fixture;
    await expect(engine.run(reference)).rejects.toMatchObject(NOT_FOUND);
    await expect(engine.createContainer(reference)).rejects.toMatchObject(NOT_FOUND);
    expect(fixture.requests()).toEqual([]);

    const root = join(fixture.folder, "missing");
    await using missing = await openEngine({ root, workers: 1, pullPolicy: "missing" });
    expect((await missing.run(reference)).code).toBe(0);
    fixture.requests();
    expect((await missing.run(reference)).code).toBe(0);
    await using container = await missing.createContainer(reference);
    expect(container.state).toBe("created");
    expect(fixture.requests()).toEqual([]);

    const { digest } = await registry.push(`${REPOSITORY}:1`, await helloImage("two"));
    await using always = await openEngine({ root, workers: 1, pullPolicy: "always" });
    expect((await always.run(reference)).code).toBe(0);
    expect((await missing.images.get(reference)).digest).toBe(digest);
    await expect(always.run(`${registry.host}/none:1`)).rejects.toMatchObject({
      code: "ERR_REGISTRY_NOT_FOUND",
    });
  });

  it("that is none is refused", async () => {
    const bad = openEngine({ pullPolicy: "sometimes" as never });
    await expect(bad).rejects.toMatchObject({ code: "ERR_OPTIONS_INVALID" });
  });
});

describe("pins by digest", () => {
  it("name:tag@digest pulls that digest wherever the tag points, and is found again", async () => {
    await using fixture = await trustFixture();
    const { engine, digest, registry, reference, repository } = fixture;
    await registry.push(`${REPOSITORY}:1`, await helloImage("two"));
    const pinned = `${reference}@${digest}`;
    const image = await engine.pullImage(pinned);
    expect(image).toMatchObject({ digest, reference: pinned });
    expect(fixture.requests()).not.toContain(TAG);
    expect((await engine.images.get(pinned)).digest).toBe(digest);
    expect((await engine.run(pinned)).code).toBe(0);
    fixture.requests();
    for (const text of [pinned, `${repository}@${digest}`, `${repository}:other@${digest}`]) {
      expect((await engine.pullImage(text, { pullPolicy: "never" })).digest).toBe(digest);
    }
    expect(fixture.requests()).toEqual([]);
    // The pinned name says nothing of what the tag alone means.
    const tag = engine.pullImage(reference, { pullPolicy: "never" });
    await expect(tag).rejects.toMatchObject(NOT_FOUND);
    const elsewhere = `${registry.host}/other/hello@${digest}`;
    const other = engine.pullImage(elsewhere, { pullPolicy: "never" });
    await expect(other).rejects.toMatchObject(NOT_FOUND);
  });

  it("a digest that the registry answers with other bytes for is refused", async () => {
    await using fixture = await trustFixture();
    const pinned = `${fixture.reference}@sha256:${"0".repeat(64)}`;
    await expect(fixture.engine.pullImage(pinned)).rejects.toMatchObject({
      code: "ERR_REGISTRY_NOT_FOUND",
    });
  });
});

describe("a lock", () => {
  it("has what tags point to, by full reference; a moved tag is pulled as it was locked", async () => {
    await using fixture = await trustFixture();
    const { engine, reference, repository, digest, registry } = fixture;
    await registry.push(`${REPOSITORY}:latest`, await helloImage("two"));
    const lock = await engine.lockImages([reference, repository]);
    expect(lock.version).toBe(1);
    expect(Object.keys(lock.images)).toEqual([reference, `${repository}:latest`]);
    expect(lock.images[reference]).toBe(digest);
    expect(fixture.layersFetched()).toEqual([]);

    const moved = await registry.push(`${REPOSITORY}:1`, await helloImage("three"));
    expect(await engine.checkLock(lock)).toEqual([
      { reference, locked: digest, current: moved.digest },
    ]);
    fixture.requests();
    const image = await fixture.pull({ lock });
    expect(image).toMatchObject({ digest, reference });
    expect(fixture.requests()).not.toContain(TAG);
    // The store has the tag's old image now; without the lock the tag is asked for.
    expect((await fixture.pull()).digest).toBe(moved.digest);
    // What is locked is still there.
    expect((await fixture.pull({ lock, pullPolicy: "never" })).digest).toBe(digest);
  });

  it("refuses a reference that it lacks, unless told otherwise; a pinned one needs none", async () => {
    await using fixture = await trustFixture();
    const { digest, engine, reference } = fixture;
    const lock: ImageLock = { version: 1, images: { "hello:1": digest } };
    expect(await fixture.refusal({ lock })).toMatchObject({ code: "ERR_LOCK_MISSING" });
    expect(fixture.requests()).toEqual([]);
    expect((await fixture.pull({ lock, allowUnlocked: true })).digest).toBe(digest);
    expect((await engine.pullImage(`${reference}@${digest}`, { lock })).digest).toBe(digest);
  });

  it("of an index is found in the store again", async () => {
    const index = imageIndex([{ image: await helloImage(), platform: "wasi/wasm" }]);
    await using fixture = await trustFixture({}, index);
    const lock = await fixture.engine.lockImages([fixture.reference]);
    expect(Object.values(lock.images)).toEqual([fixture.digest]);
    const image = await fixture.pull({ lock });
    expect(image.digest).not.toBe(fixture.digest);
    fixture.requests();
    expect((await fixture.pull({ lock, pullPolicy: "never" })).digest).toBe(image.digest);
    expect(fixture.requests()).toEqual([]);
    const other = {
      version: 1,
      images: { [fixture.reference]: `sha256:${"0".repeat(64)}` },
    } as const;
    await expect(fixture.pull({ lock: other, pullPolicy: "never" })).rejects.toMatchObject(
      NOT_FOUND,
    );
  });

  it("keeps the digest of a pinned reference without asking for it", async () => {
    await using fixture = await trustFixture();
    const digest = `sha256:${"1".repeat(64)}`;
    const lock = await fixture.engine.lockImages([`${fixture.repository}:x@${digest}`]);
    expect(lock.images).toEqual({ [`${fixture.repository}:x`]: digest });
    expect(fixture.requests()).toEqual([]);
    expect(await fixture.engine.checkLock(lock)).toEqual([
      { reference: `${fixture.repository}:x`, locked: digest, current: undefined },
    ]);
  });

  it("of the engine holds for pulls and runs by reference", async () => {
    await using fixture = await trustFixture();
    const { engine: first, reference, registry, folder, digest } = fixture;
    const path = join(folder, "images.lock.json");
    await writeImageLock(path, await first.lockImages([reference]));
    await registry.push(`${REPOSITORY}:1`, await helloImage("two"));
    await first.pullImage(reference);

    const root = first.root;
    await using locked = await openEngine({ root, workers: 1, lock: path });
    await expect(locked.run(reference)).rejects.toMatchObject(NOT_FOUND);
    expect((await locked.pullImage(reference)).digest).toBe(digest);
    expect((await locked.run(reference)).code).toBe(0);
    await expect(locked.run(`${reference}0`)).rejects.toMatchObject({ code: "ERR_LOCK_MISSING" });
  });
});

describe("a lock file", () => {
  test("is the same bytes for the same lock, in whatever order, and is read back", async () => {
    await using fixture = await trustFixture();
    const { folder } = fixture;
    const digest = `sha256:${"a".repeat(64)}`;
    const other = `sha512:${"b".repeat(128)}`;
    const [one, two] = [join(folder, "one.json"), join(folder, "two.json")];
    const full = { "docker.io/library/hello:latest": digest, "ghcr.io/acme/hello:1": other };
    await writeImageLock(one, {
      version: 1,
      images: { "ghcr.io/acme/hello:1": other, hello: digest },
    });
    await writeImageLock(two, { version: 1, images: full });
    const text = await readFile(one, "utf8");
    expect(text).toBe(await readFile(two, "utf8"));
    expect(text).toBe(`${JSON.stringify({ version: 1, images: full }, undefined, 2)}\n`);
    expect(await readImageLock(one)).toEqual({ version: 1, images: full });
    expect((await readdir(folder)).filter((name) => name.includes("part"))).toEqual([]);
  });

  test("is written whole or not at all", async () => {
    await using fixture = await trustFixture();
    const { folder } = fixture;
    const path = join(folder, "lock.json");
    await writeFile(path, "before");
    const bad = { version: 1, images: { hello: "latest" } } as const;
    await expect(writeImageLock(path, bad)).rejects.toMatchObject({ code: "ERR_LOCK_INVALID" });
    expect(await readFile(path, "utf8")).toBe("before");
    await mkdir(join(folder, "taken"));
    const good = { version: 1, images: {} } as const;
    for (const target of [join(folder, "taken"), join(folder, "none", "lock.json")]) {
      await expect(writeImageLock(target, good)).rejects.toMatchObject({
        code: "ERR_LOCK_INVALID",
      });
    }
    expect((await readdir(folder)).filter((name) => name.includes("part"))).toEqual([]);
  });

  test("that is hostile is refused, soon, and changes nothing", async () => {
    await using fixture = await trustFixture();
    const digest = `sha256:${"a".repeat(64)}`;
    const path = join(fixture.folder, "lock.json");
    const images = (text: string) => `{"version":1,"images":${text}}`;
    const many = Array.from({ length: 10_001 }, (_, i) => `"hello:${i}":"${digest}"`);
    for (const text of [
      ...["", "{", "[]", "null", "{}", '{"version":2,"images":{}}', '{"version":1}'],
      ...[images("[]"), images("7"), images('{"hello":7}'), images('{"hello":"latest"}')],
      ...[images('{"hello":"sha256:0"}'), images(`{"Not A Reference":"${digest}"}`)],
      images(`{"hello@${digest}":"${digest}"}`),
      images(`{"hello":"${digest}","docker.io/library/hello":"${digest}"}`),
      images(`{"hello":"${digest}","hello":"sha256:${"b".repeat(64)}"}`),
      images(`{"__proto__":"${digest}"}`),
      images(`{${many.join(",")}}`),
      images(`{"hello":"${digest}"}`).padEnd(5 * 2 ** 20),
    ]) {
      await writeFile(path, text);
      const start = performance.now();
      await expect(readImageLock(path), text.slice(0, 80)).rejects.toMatchObject({
        code: "ERR_LOCK_INVALID",
      });
      expect(performance.now() - start).toBeLessThan(2_000);
      expect((await fixture.refusal({ lock: path })).code).toBe("ERR_LOCK_INVALID");
    }
    await writeFile(path, images(`{"hello:1":"${digest}"}`));
    expect(Object.keys((await readImageLock(path)).images)).toEqual(["docker.io/library/hello:1"]);
    for (const none of [fixture.folder, join(fixture.folder, "none"), "/dev/zero"]) {
      await expect(readImageLock(none)).rejects.toMatchObject({ code: "ERR_LOCK_INVALID" });
    }
    expect(({} as Record<string, unknown>)["hello"]).toBeUndefined();
  });

  test.runIf(process.platform === "linux")("that is a pipe is refused", async () => {
    await using fixture = await trustFixture();
    const pipe = join(fixture.folder, "pipe");
    await promisify(execFile)("mkfifo", [pipe]);
    await expect(readImageLock(pipe)).rejects.toMatchObject({ code: "ERR_LOCK_INVALID" });
    expect((await stat(pipe)).isFIFO()).toBe(true);
  });
});
