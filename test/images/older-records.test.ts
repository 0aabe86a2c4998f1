/** Records that an older version wrote say nothing of the program: they are read, and made anew by a pull. */
import { startRegistry } from "safedock/testing";
import { expect, test } from "vitest";
import { ContentStore } from "../../src/content/content-store.js";
import { RecordStore } from "../../src/image/record-store.js";
import { openTestEngine } from "../support/test-engine.js";
import { hello } from "./fixture-blobs.js";
import { cncfArtifact } from "./wasm-artifact.js";

test("a record without a program", async () => {
  const fixture = await openTestEngine({ workers: 1 });
  const { engine } = fixture;
  try {
    await using registry = await startRegistry();
    await registry.push("older:1", cncfArtifact({ module: hello, title: "hello.wasm" }));
    const reference = `${registry.host}/older:1`;
    const { digest } = await engine.pullImage(reference);

    const records = new RecordStore(await ContentStore.open(engine.root));
    const record = await records.byReference(reference);
    expect(record?.program?.entry?.path).toBe("/hello.wasm");
    const { program: _, ...older } = record ?? expect.fail();
    await records.put(older);

    const read = await engine.images.get(digest);
    expect(read).toMatchObject({ entry: undefined, world: undefined, format: "wasm-artifact" });
    expect(await engine.run(read)).toMatchObject({ code: 0 });

    const blobs = () => registry.requests.filter(({ path }) => path.includes("/blobs/")).length;
    const before = blobs();
    const again = await engine.pullImage(reference, { pullPolicy: "always" });
    expect(again).toMatchObject({ entry: { path: "/hello.wasm" }, world: { wasi: "preview1" } });
    expect(blobs()).toBe(before);
  } finally {
    await fixture.close();
  }
});
