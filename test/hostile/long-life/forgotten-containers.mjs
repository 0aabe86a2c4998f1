// Makes ten thousand containers and forgets them, also such that ran, were written to, or whose streams nobody
// read. Sends what is left once they are collected. Argument: a folder for the store. Run with --expose-gc.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openEngine } from "safedock";

const [, , folder] = process.argv;
const COUNT = 10_000;
const DEADLINE_MS = 120_000;
const guest = (name) =>
  fileURLToPath(new URL(`../../guests/c/tools/${name}.wasm`, import.meta.url));

const engine = await openEngine({ root: join(folder, "store") });
const image = await engine.loadImage(guest("files"));
let removed = 0;
engine.on("remove", () => removed++);

/** What is done with one of a hundred containers; most are only made. */
const rare = new Map([
  [1, (container) => container.start()],
  [2, async (container) => (await container.start({ stdin: "none" })).wait()],
  [3, (container) => container.fs.writeFile("/note", "text")],
  [4, async (container) => (await container.exec(["/files.wasm", "write", "/n", "text"])).wait()],
  [5, async (container) => container.inspect()],
]);

function layers() {
  const all = join(folder, "store", "containers");
  return readdirSync(all).reduce((sum, name) => sum + readdirSync(join(all, name)).length, 0);
}

async function use(turn) {
  const container = await engine.createContainer(image, { args: ["write", "/note", "text"] });
  await rare.get(turn % 100)?.(container);
}

async function forget() {
  let most = 0;
  for (let turn = 0; turn < COUNT; turn++) {
    await use(turn);
    // Right behind those that write: V8 may collect them at any time.
    if (turn % 100 === 5) most = Math.max(most, layers());
  }
  return most;
}

const nextTurn = () => new Promise((resolve) => setTimeout(resolve, 10));
const heap = () => {
  globalThis.gc();
  return process.memoryUsage().heapUsed;
};

await use(2);
await nextTurn();
const heapBefore = heap();
const layersAtMost = await forget();
const deadline = Date.now() + DEADLINE_MS;
do {
  await nextTurn();
  globalThis.gc();
  await nextTurn();
} while ((engine.containers.list().length > 0 || layers() > 0) && Date.now() < deadline);
await nextTurn();
const left = {
  layersAtMost,
  heapGrown: heap() - heapBefore,
  layers: layers(),
  containers: engine.containers.list().length,
  processes: engine.inspect().processes,
  removed,
  // Refused while a container uses it.
  imageIsFree: await engine.images.remove(image.digest).then(() => true, String),
};
await engine.close();
process.send?.(left);
if (!process.send) console.log(left);
