import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startRegistry, wasmImage } from "safedock/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ImageStore } from "../../src/image/image-store.js";
import { guestBytes } from "../engine/guests.js";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "safedock-mirrors-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("a pull overcomes mirrors that send other bytes, and uses those that do not", async () => {
  const files = { "/hello.wasm": await guestBytes("hello"), "/data": "x".repeat(10_000) };
  const image = await wasmImage({ files, entrypoint: ["/hello.wasm"] });
  let lies = 0;
  await using upstream = await startRegistry();
  await using liar = await startRegistry({
    intercept: (request, response) => {
      const digest = /\/blobs\/(sha256:[0-9a-f]{64})$/.exec(request.url ?? "")?.[1];
      const bytes = image.blobs.get(digest as never);
      if (bytes === undefined) return false;
      lies++;
      response.end(Buffer.alloc(bytes.byteLength, 1));
      return true;
    },
  });
  await using honest = await startRegistry();
  for (const registry of [upstream, liar, honest]) await registry.push("acme/hello:1", image);
  const store = await ImageStore.open(join(folder, "store"));
  const before = upstream.requests.length;
  const record = await store.pull(`${upstream.host}/acme/hello:1`, {
    registry: { retryDelayMs: 1, mirrors: { [upstream.host]: [liar.host, honest.host] } },
  });
  expect(record.digest).toBe(image.manifest.descriptor.digest);
  expect(record.reference).toBe(`${upstream.host}/acme/hello:1`);
  expect(lies).toBeGreaterThan(0);
  expect(upstream.requests.length).toBe(before);
});
