// Opens an image of an earlier process's store. Sends how long it took, in ms: the snapshot alone, the first
// container on the image, and the median of the next ones.
import { openEngine } from "safedock";
import { openSnapshot } from "../../dist/fs/snapshot/open-snapshot.js";
import { ImageStore } from "../../dist/image/image-store.js";
import { median } from "../statistics.mjs";

const CONTAINERS = 20;

const [, , root, digest] = process.argv;
const engine = await openEngine({ root });
const image = await engine.images.get(digest);

async function timed(work) {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

const first = await timed(() => engine.createContainer(image));
const seconds = [];
for (let turn = 0; turn < CONTAINERS; turn++) {
  seconds.push(await timed(() => engine.createContainer(image)));
}
await engine.close();

// What a worker does with it; the bundle that the engine came from shares no code with this.
const store = await ImageStore.open(root);
const { treePath, blobs } = store.snapshot(await store.get(digest));
const tree = await timed(() => openSnapshot(treePath, blobs, 1n).root.child("srv"));
process.send({ tree, first, second: median(seconds) }, () => process.exit(0));
