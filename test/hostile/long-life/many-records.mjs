// Uses more containers, one after the other, than the shared boards have records: each must give its own back.
// Arguments: "run", "container" or "forgotten", how many, a folder for the store. Run with --expose-gc.
import { strict as assert } from "node:assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openEngine } from "safedock";

const [, , kind, count, folder] = process.argv;
const COUNT = Number(count);
const LANES = 16;
/** Containers that are forgotten between two collections. */
const FORGOTTEN_AT_ONCE = 4_000;
const HELLO = fileURLToPath(new URL("../../guests/c/tools/hello.wasm", import.meta.url));

const engine = await openEngine({ root: join(folder, "store") });
const image = await engine.loadImage(HELLO);

async function start() {
  const container = await engine.createContainer(image);
  const main = await container.start({ stdin: "none" });
  assert.equal((await main.wait()).code, 0);
  return container;
}

const turns = {
  run: async () => assert.equal((await engine.run(image)).code, 0),
  container: async () => (await start()).remove(),
  forgotten: start,
};

const nextTurn = () => new Promise((resolve) => setTimeout(resolve, 5));

async function collectAll() {
  const deadline = Date.now() + 120_000;
  while (engine.containers.list().length > 0 && Date.now() < deadline) {
    // What a WeakRef was asked for lives until the end of the turn.
    await nextTurn();
    globalThis.gc();
    await nextTurn();
  }
  assert.equal(engine.containers.list().length, 0, "forgotten containers are still there");
}

async function inLanes(times) {
  let begun = 0;
  const lane = async () => {
    while (begun++ < times) await turns[kind]();
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

const step = kind === "forgotten" ? FORGOTTEN_AT_ONCE : COUNT;
for (let done = 0; done < COUNT; done += step) {
  await inLanes(Math.min(step, COUNT - done));
  if (kind === "forgotten") await collectAll();
}
assert.equal((await engine.run(image)).code, 0);
await engine.close();
