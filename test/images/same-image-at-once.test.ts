/** Pulls of one image at once share what they stage: one's commit moves the files under the other. */
import { startRegistry, wasmImage, type ImageFixture, type TestRegistry } from "safedock/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";
import { hello } from "./fixture-blobs.js";
import { spinApp } from "./spin-app.js";
import { cncfArtifact } from "./wasm-artifact.js";

const ROUNDS = 12;
const AT_ONCE = 4;

let registry: TestRegistry;
let fixture: TestEngine;

beforeAll(async () => {
  registry = await startRegistry();
  fixture = await openTestEngine({ workers: 1 });
});

afterAll(async () => {
  await fixture?.close();
  await registry?.close();
});

const kinds: readonly (readonly [
  string,
  (round: number) => ImageFixture | Promise<ImageFixture>,
])[] = [
  ["image", (n) => wasmImage({ files: { "/hello.wasm": hello, "/n": `${n}` }, layers: [{}, {}] })],
  ["artifact", (n) => cncfArtifact({ module: Buffer.concat([hello, Buffer.from([0, 2, 1, n])]) })],
  [
    "spin",
    (n) =>
      spinApp({
        components: [{ id: `c${n}`, module: hello, files: { a: `${n}`.repeat(200), b: "b" } }],
        archive: true,
      }),
  ],
];

test.each(kinds)("%s", async (kind, make) => {
  for (let round = 0; round < ROUNDS; round++) {
    await registry.push(`same/${kind}:${round}`, await make(round));
    const reference = `${registry.host}/same/${kind}:${round}`;
    const pulls = Array.from({ length: AT_ONCE }, () => fixture.engine.pullImage(reference));
    const images = await Promise.all(pulls);
    expect(new Set(images.map(({ digest }) => digest)).size).toBe(1);
    for (const { entry, world } of images) {
      expect(entry?.kind).toBe("core");
      expect(world?.wasi).toBe("preview1");
    }
  }
});
