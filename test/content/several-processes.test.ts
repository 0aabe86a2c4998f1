import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { ContentStore } from "../../src/content/content-store.js";
import { isDigest } from "../../src/oci/digest.js";
import { temporaryRoot } from "./store-fixture.js";

const STORE = new URL("../../dist/content/content-store.js", import.meta.url).href;
const PROGRAM = fileURLToPath(new URL("ingest-slowly.mjs", import.meta.url));

function ingest(root: string, pauseMs: number): ChildProcess {
  const args = [PROGRAM, STORE, root, String(pauseMs)];
  return spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
}

test("kill -9 in the middle leaves nothing that is taken for good, and the rest is cleaned up", async () => {
  await using root = await temporaryRoot();
  const child = ingest(root.path, 60_000);
  const exited = once(child, "exit");
  if (child.stdout !== null) await once(child.stdout, "data");
  const layout = (await ContentStore.open(root.path)).layout;
  // The child lives: its half blob must not be taken away.
  expect(await readdir(layout.temp)).toHaveLength(1);
  child.kill("SIGKILL");
  await exited;
  expect(await readdir(`${layout.base}/blobs/sha256`)).toEqual([]);
  await ContentStore.open(root.path);
  expect(await readdir(layout.temp)).toEqual([]);
});

test("three processes that ingest one blob at once all succeed", async () => {
  await using root = await temporaryRoot();
  const children = [1, 2, 3].map(() => ingest(root.path, 5));
  const outputs = await Promise.all(
    children.map(async ({ stdout }) => (stdout === null ? "" : text(stdout))),
  );
  const digests = outputs.map((output) => output.trim().split("\n").at(-1));
  const [digest] = digests;
  expect(new Set(digests).size).toBe(1);
  if (!isDigest(digest)) return expect.unreachable();
  const store = await ContentStore.open(root.path);
  expect(await store.read(digest, { maxBytes: 2 ** 23 })).toHaveLength(4 * 2 ** 20);
  expect(await readdir(store.layout.temp)).toEqual([]);
});
