// Serves an image on loopback, pulls it, runs it with grants, and runs a second program in it.
// Run with: npm run quickstart
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEngine } from "safedock";
import { startRegistry, wasmImage } from "safedock/testing";

const guest = (name) => readFile(new URL(`../test/guests/c/tools/${name}.wasm`, import.meta.url));
const began = performance.now();
const say = (text) =>
  console.log(`${(performance.now() - began).toFixed(1).padStart(8)} ms  ${text}`);

const folder = await mkdtemp(join(tmpdir(), "safedock-quickstart-"));
await writeFile(
  join(folder, "greeting.txt"),
  "Hello from a file of the host, granted read-only.\n",
);

const registry = await startRegistry();
const image = await wasmImage({
  files: { "/bin/files.wasm": await guest("files"), "/bin/env.wasm": await guest("env") },
  entrypoint: ["/bin/files.wasm"],
  cmd: ["list", "/"],
});
await registry.push("quickstart/demo:1.0", image);
say(`a registry on ${registry.host} serves quickstart/demo:1.0`);

const engine = await openEngine({ root: join(folder, "store") });
try {
  engine.on("progress", ({ phase, digest, bytes, total }) => {
    if (phase === "done") say(`  ${digest.slice(0, 19)}… ${bytes} of ${total} bytes`);
  });
  const pulled = await engine.pullImage(`${registry.host}/quickstart/demo:1.0`);
  say(`pulled ${pulled.reference} (${pulled.platform})`);

  const container = await engine.createContainer(pulled, {
    args: ["read", "/data/greeting.txt"],
    grants: { fs: [{ source: folder, target: "/data" }], env: { NAME: "Ada" } },
    limits: { timeoutMs: 5_000, memoryBytes: 64 * 2 ** 20 },
  });
  say(`created container ${container.id}`);

  const main = await container.start();
  for await (const line of main.stdout.lines()) say(`main | ${line}`);
  const status = await container.wait();
  say(
    `main ended: ${status.reason} with code ${status.code} after ${status.durationMs.toFixed(2)} ms`,
  );

  const second = await container.exec(["/bin/env.wasm", "one", "two"]);
  for await (const line of second.stdout.lines()) say(`exec | ${line}`);
  say(`exec ended: code ${(await second.wait()).code}`);
  await container.remove();

  const times = [];
  for (let n = 0; n < 200; n++) {
    const from = performance.now();
    await engine.run(pulled, { args: ["list", "/"] });
    times.push(performance.now() - from);
  }
  times.sort((a, b) => a - b);
  say(`200 more runs, each in a fresh instance: median ${(times[100] * 1000).toFixed(0)} µs`);
} finally {
  await engine.close();
  await registry.close();
  await rm(folder, { recursive: true, force: true });
}
say("done");
