import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { bytesSource, type BlobTap } from "../../src/content/blob-source.js";
import { ContentStore } from "../../src/content/content-store.js";
import { ownProcess } from "../../src/content/process-identity.js";
import { sha256 } from "../layer/tar-fixture.js";
import { listing, temporaryRoot } from "./store-fixture.js";

const BYTES = Buffer.from("the content of a blob ".repeat(50_000));
const BLOB = { digest: sha256(BYTES), size: BYTES.byteLength };

/** Gives the bytes in pieces, the next one only when `step` lets it. */
function steppedSource(bytes: Uint8Array, pieces: number) {
  let opened = 0;
  let go: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  const source = async function* () {
    opened++;
    const size = Math.ceil(bytes.byteLength / pieces);
    for (let at = 0; at < bytes.byteLength; at += size) {
      yield bytes.subarray(at, at + size);
      await gate;
    }
  };
  return { source, go, opened: () => opened };
}

test("a blob that was ingested can be read, streamed and found by another store", async () => {
  await using root = await temporaryRoot();
  const store = await ContentStore.open(root.path);
  const seen: number[] = [];
  const onProgress = (bytes: number) => seen.push(bytes);
  expect(await store.has(BLOB.digest)).toBe(false);
  expect(await store.ingest(BLOB, bytesSource(BYTES), { onProgress })).toEqual({ existed: false });
  expect(seen.at(-1)).toBe(BYTES.byteLength);

  const other = await ContentStore.open(root.path);
  expect(BYTES.equals(await other.read(BLOB.digest, { maxBytes: 2 ** 21 }))).toBe(true);
  const chunks: Uint8Array[] = [];
  for await (const chunk of await other.openRead(BLOB.digest)) chunks.push(chunk);
  expect(BYTES.equals(Buffer.concat(chunks))).toBe(true);
  expect(await other.ingest(BLOB, () => expect.unreachable())).toEqual({ existed: true });
  expect(await readdir(other.layout.temp)).toEqual([]);
});

test("a staged blob is invisible until it is committed, and gone if it never is", async () => {
  await using root = await temporaryRoot();
  const store = await ContentStore.open(root.path);
  const before = await listing(root.path);
  const first = await store.stage(BLOB, bytesSource(BYTES));
  expect(await store.has(BLOB.digest)).toBe(false);
  expect(await store.readStaged(first)).toHaveLength(BYTES.byteLength);
  const second = await store.stage(BLOB, () => expect.unreachable());
  await first.release();
  await first.release();
  await second.commit();
  await second.release();
  expect(await store.has(BLOB.digest)).toBe(true);
  expect(second.path).toBe(store.path(BLOB.digest));

  const other = { digest: sha256("x"), size: 1 };
  const held = await store.stage(other, bytesSource(Buffer.from("x")));
  await held.release();
  const added = [`v1/blobs/sha256/${BLOB.digest.slice(7)}`];
  const after = await listing(root.path);
  expect(after.filter((line) => !before.includes(line)).map((line) => line.split(" ")[0])).toEqual(
    added,
  );
});

describe("refused, and nothing is left", () => {
  const wrong = sha256("something else");
  test.each([
    ["wrong bytes", { digest: wrong, size: BLOB.size }, BYTES, "ERR_DIGEST_MISMATCH"],
    ["too few bytes", BLOB, BYTES.subarray(0, -1), "ERR_SIZE_MISMATCH"],
    ["too many bytes", BLOB, Buffer.concat([BYTES, Buffer.from("x")]), "ERR_SIZE_MISMATCH"],
    ["no bytes", BLOB, Buffer.alloc(0), "ERR_SIZE_MISMATCH"],
    ["a size above the limit", { ...BLOB, size: 2 ** 33 }, BYTES, "ERR_BLOB_TOO_LARGE"],
  ])("%s", async (_what, expected, bytes, code) => {
    await using root = await temporaryRoot();
    const store = await ContentStore.open(root.path);
    const before = await listing(root.path);
    await expect(store.ingest(expected, bytesSource(bytes))).rejects.toMatchObject({ code });
    expect(await listing(root.path)).toEqual(before);
  });

  test("a source that fails", async () => {
    await using root = await temporaryRoot();
    const store = await ContentStore.open(root.path);
    const before = await listing(root.path);
    const broken = async function* () {
      yield await Promise.resolve(BYTES.subarray(0, 1000));
      throw new Error("line cut");
    };
    await expect(store.ingest(BLOB, broken)).rejects.toThrow("line cut");
    expect(await listing(root.path)).toEqual(before);
    expect(await store.ingest(BLOB, bytesSource(BYTES))).toEqual({ existed: false });
  });

  test("reading what is not there, what is larger than asked for, and what was damaged", async () => {
    await using root = await temporaryRoot();
    const store = await ContentStore.open(root.path);
    const read = () => store.read(BLOB.digest, { maxBytes: 2 ** 21 });
    await expect(read()).rejects.toMatchObject({ code: "ERR_BLOB_NOT_FOUND" });
    await expect(store.openRead(BLOB.digest)).rejects.toMatchObject({ code: "ERR_BLOB_NOT_FOUND" });
    await writeFile(store.path(BLOB.digest), Buffer.alloc(BLOB.size));
    await expect(read()).rejects.toMatchObject({ code: "ERR_STORE_INVALID" });
    await expect(store.read(BLOB.digest, { maxBytes: 9 })).rejects.toMatchObject({
      code: "ERR_BLOB_TOO_LARGE",
    });
    const lie = { ...BLOB, size: BLOB.size + 1 };
    await expect(store.ingest(lie, bytesSource(BYTES))).rejects.toMatchObject({
      code: "ERR_SIZE_MISMATCH",
    });
  });

  test("a root that is a file", async () => {
    await using root = await temporaryRoot();
    const path = join(root.path, "file");
    await writeFile(path, "");
    await expect(ContentStore.open(path)).rejects.toMatchObject({ code: "ERR_STORE_INVALID" });
  });
});

describe("one flight per digest", () => {
  test("callers share one download; each hears of the progress", async () => {
    await using root = await temporaryRoot();
    const store = await ContentStore.open(root.path);
    const { source, go, opened } = steppedSource(BYTES, 4);
    const seen: [number[], number[]] = [[], []];
    const both = Promise.all(
      seen.map((list) =>
        store.ingest(BLOB, source, { onProgress: (bytes) => void list.push(bytes) }),
      ),
    );
    go();
    await both;
    expect(opened()).toBe(1);
    for (const list of seen) expect(list.at(-1)).toBe(BLOB.size);
  });

  test("one caller's abort does not end the other's wait", async () => {
    await using root = await temporaryRoot();
    const store = await ContentStore.open(root.path);
    const { source, go, opened } = steppedSource(BYTES, 4);
    const controller = new AbortController();
    const aborted = store.ingest(BLOB, source, { signal: controller.signal });
    const other = store.ingest(BLOB, source);
    await setTimeout(5);
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    go();
    await other;
    expect(opened()).toBe(1);
    expect(await store.has(BLOB.digest)).toBe(true);
  });

  test("the last caller's abort ends the download at once, even if its source hangs", async () => {
    await using root = await temporaryRoot();
    const store = await ContentStore.open(root.path);
    const before = await listing(root.path);
    const { source } = steppedSource(BYTES, 4);
    const controller = new AbortController();
    const both = [1, 2].map(() => store.ingest(BLOB, source, { signal: controller.signal }));
    await setTimeout(5);
    controller.abort("stop");
    for (const call of both) await expect(call).rejects.toBe("stop");
    expect(await listing(root.path)).toEqual(before);
    await store.ingest(BLOB, bytesSource(BYTES));
  });

  test("an abort before the start", async () => {
    await using root = await temporaryRoot();
    const store = await ContentStore.open(root.path);
    const signal = AbortSignal.abort("never");
    await expect(store.ingest(BLOB, () => expect.unreachable(), { signal })).rejects.toBe("never");
  });
});

test("what a tap finds wrong counts only if the bytes are the right ones", async () => {
  await using root = await temporaryRoot();
  const store = await ContentStore.open(root.path);
  let discarded = 0;
  const tap: BlobTap = {
    write: () => Promise.reject(new Error("no tar")),
    end: () => expect.unreachable(),
    discard: async () => void discarded++,
  };
  const wrong = { digest: sha256("else"), size: BLOB.size };
  await expect(store.ingest(wrong, bytesSource(BYTES), { tap })).rejects.toMatchObject({
    code: "ERR_DIGEST_MISMATCH",
  });
  await expect(store.ingest(BLOB, bytesSource(BYTES), { tap })).rejects.toThrow("no tar");
  expect(discarded).toBe(2);
  expect(await readdir(store.layout.temp)).toEqual([]);
});

describe("leftovers", () => {
  test("of dead processes go, of living ones stay, of other machines go after a day", async () => {
    await using root = await temporaryRoot();
    const { layout } = await ContentStore.open(root.path);
    const { domain, pid, start } = await ownProcess();
    const random = "0".repeat(24);
    const child = spawn(process.execPath, ["-e", ""]);
    await once(child, "exit");
    const living = `${domain}-${pid}-${start}-${random}`;
    const dead = `${domain}-${child.pid}-1-${random}`;
    const reused = `${domain}-${pid}-1-${random}`;
    const foreign = `ffffffffffff-1-1-${random}`;
    const old = `eeeeeeeeeeee-1-1-${random}`;
    for (const name of [living, dead, reused, foreign, old]) {
      await writeFile(join(layout.temp, name), "half a blob");
    }
    const twoDaysAgo = new Date(Date.now() - 2 * 24 * 3600 * 1000);
    await utimes(join(layout.temp, old), twoDaysAgo, twoDaysAgo);
    await ContentStore.open(root.path);
    const stays = process.platform === "linux" ? [living, foreign] : [living, reused, foreign];
    expect((await readdir(layout.temp)).toSorted()).toEqual(stays.toSorted());
  });
});

test("the store is the user's alone, and its blobs are read-only", async () => {
  await using root = await temporaryRoot();
  const store = await ContentStore.open(join(root.path, "deep", "store"));
  await store.ingest(BLOB, bytesSource(BYTES));
  expect((await stat(store.layout.base)).mode & 0o077).toBe(0);
  expect((await stat(store.path(BLOB.digest))).mode & 0o222).toBe(0);
});
