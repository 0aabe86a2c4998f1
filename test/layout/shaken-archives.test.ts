/** Archives with bytes changed at random, and loads and saves ended at random: the store stays whole. */
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { isSafedockError } from "../../src/base/errors.js";
import { ImageStore } from "../../src/image/image-store.js";
import type { SaveFormat } from "../../src/image/save-image.js";
import { temporaryRoot } from "../content/store-fixture.js";
import { pick, seededNumbers, type Numbers } from "../hostile/seeded-numbers.js";
import { addImage, Blobs, CORE } from "../image/image-fixture.js";
import { makeTar } from "../layer/tar-fixture.js";
import { expectCleanStore } from "../support/verify-clean.js";
import { dockerEntries, ociEntries } from "./archive-fixture.js";

const LONG = `${"long/".repeat(30)}name`;
const LAYERS = [
  [{ name: "hello.wasm", data: CORE, mode: 0o755 }],
  [{ name: "x", data: "y".repeat(3000), pax: { path: LONG } }],
  [{ name: "more", data: "z".repeat(200_000) }],
];
const CONFIG = { Entrypoint: ["/hello.wasm"] };

const blobs = new Blobs();
const one = addImage(blobs, { layers: LAYERS, config: CONFIG });
const two = addImage(blobs, { layers: LAYERS.slice(0, 2), config: CONFIG, compress: false });
const ARCHIVES: readonly Buffer[] = [
  makeTar(ociEntries(blobs, [one, two])),
  makeTar(dockerEntries([{ tags: ["a:1"], layers: LAYERS, compress: true }, { tags: ["a:2"] }])),
  makeTar([
    ...dockerEntries([{ tags: ["a:3"], layers: LAYERS }]),
    { name: "link", type: "2", link: "manifest.json" },
  ]),
];
const RUNS = 400;
const ABORTED_RUNS = 60;

function mutate(archive: Buffer, next: Numbers): Buffer {
  const bytes = Buffer.from(archive);
  const blocks = bytes.byteLength / 512;
  for (let change = 0; change <= next(4); change++) {
    // Where headers and documents are, mostly: the first blocks.
    const at = next(3) === 0 ? next(bytes.byteLength) : next(Math.min(40 * 512, bytes.byteLength));
    const kind = next(4);
    if (kind === 0) bytes[at] = next(256);
    else if (kind === 1) bytes[at] = (bytes[at] ?? 0) ^ (1 << next(8));
    else if (kind === 2) {
      const [from, to] = [next(blocks) * 512, next(blocks) * 512];
      bytes.copy(bytes, to, from, from + 512);
    } else return bytes.subarray(0, at);
  }
  return bytes;
}

test(`${RUNS} archives with bytes changed: an image or a typed error`, async () => {
  await using root = await temporaryRoot();
  const path = join(root.path, "archive");
  const codes = new Set<string>();
  let loaded = 0;
  for (let seed = 0; seed < RUNS; seed++) {
    const folder = join(root.path, `store-${Math.floor(seed / 50)}`);
    const store = await ImageStore.open(folder);
    const next = seededNumbers(seed);
    const mutated = mutate(pick(ARCHIVES, next), next);
    await writeFile(path, next(5) === 0 ? gzipSync(mutated, { level: 1 }) : mutated);
    try {
      loaded += (await store.loadAll(path)).length;
    } catch (error) {
      expect(isSafedockError(error) ? "typed" : error, `seed ${seed}`).toBe("typed");
      if (isSafedockError(error)) codes.add(error.code);
    }
    expect(await readdir(store.content.layout.temp), `seed ${seed}`).toEqual([]);
    if (seed % 50 === 49) await expectCleanStore(folder);
  }
  // Some changes hit what nobody reads, such as an owner's name.
  expect(loaded).toBeGreaterThan(0);
  expect(codes.size).toBeGreaterThan(4);
  expect(Object.keys(Object.prototype)).toEqual([]);
}, 120_000);

test(`${ABORTED_RUNS} loads and saves aborted at any moment: the reason, and nothing left`, async () => {
  await using root = await temporaryRoot();
  const full = await ImageStore.open(join(root.path, "full"));
  const path = join(root.path, "archive");
  await writeFile(path, ARCHIVES[1] ?? "");
  const images = (await full.loadAll(path)).map((record) => ({
    record,
    references: ["docker.io/a/b:1"],
  }));
  const reason = new Error("enough");
  let aborted = 0;
  for (let seed = 0; seed < ABORTED_RUNS; seed++) {
    const next = seededNumbers(seed);
    const controller = new AbortController();
    const { signal } = controller;
    const archive = pick(ARCHIVES, next);
    const bytes = next(2) === 0 ? archive : gzipSync(archive, { level: 1 });
    const store = await ImageStore.open(join(root.path, `store-${seed}`));
    const target = join(root.path, `target-${seed}`);
    const format = pick<SaveFormat>(["oci-archive", "oci-layout", "docker-archive"], next);
    const work =
      next(3) === 0
        ? full.save(images.slice(0, 1), target, { format, signal })
        : store.loadAll(next(2) === 0 ? bytes : Readable.from([bytes]), { signal });
    const pause = next(25);
    const [ended] = await Promise.allSettled([
      work,
      sleep(pause).then(() => controller.abort(reason)),
    ]);
    if (ended.status === "rejected") {
      expect(ended.reason, `seed ${seed}`).toBe(reason);
      aborted++;
    }
    const saved = (await readdir(root.path)).filter((name) => name.includes(`target-${seed}`));
    expect(saved.length, `seed ${seed}`).toBeLessThan(2);
    if (saved.length === 1) expect(saved).toEqual([`target-${seed}`]);
    await expectCleanStore(store.content.layout.root);
  }
  expect(aborted).toBeGreaterThan(0);
  await expectCleanStore(full.content.layout.root);
}, 120_000);
