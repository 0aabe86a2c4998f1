// A process of its own: ingests a blob of 4 MiB piece by piece, and says when the first one is written.
import { createHash } from "node:crypto";
import { setTimeout } from "node:timers/promises";

const [storeModule, root, pauseMs] = process.argv.slice(2);
const { ContentStore } = await import(storeModule);
const bytes = Buffer.alloc(4 * 2 ** 20, "content ");
const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
const piece = 2 ** 19;

const store = await ContentStore.open(root);
await store.ingest({ digest, size: bytes.byteLength }, async function* () {
  for (let at = 0; at < bytes.byteLength; at += piece) {
    yield bytes.subarray(at, at + piece);
    // Only now was the piece taken.
    if (at === 0) process.stdout.write("writing\n");
    await setTimeout(Number(pauseMs));
  }
});
process.stdout.write(`${digest}\n`);
