// An app that pulls, runs and commits on a store without end, until somebody kills it. Arguments: the store, the
// registry's host. Says "ready" by a message when all of that has begun.
import { openEngine } from "safedock";

const [, , root, host] = process.argv;
const engine = await openEngine({ root, workers: 2, maxWorkers: 4 });
const TAGS = 8;

async function pulling() {
  for (let turn = 0; ; turn = (turn + 1) % TAGS) {
    await engine.pullImage(`${host}/shared/app:${turn}`);
    await engine.prune();
  }
}

async function running() {
  const image = await engine.pullImage(`${host}/shared/app:0`);
  for (;;) {
    const container = await engine.createContainer(image, { args: ["write", "/n", "text"] });
    await container.start({ stdin: "none" });
    await container.wait();
    await container.commit();
    await container.remove();
  }
}

async function looping() {
  const image = await engine.pullImage(`${host}/shared/app:1`);
  const entrypoint = ["/loop.wasm"];
  for (;;) await engine.run(image, { entrypoint, limits: { timeoutMs: 20 } });
}

for (const work of [pulling, running, looping]) {
  work().catch((/** @type {unknown} */ error) => {
    console.error(error);
    process.exit(1);
  });
}
setTimeout(() => process.send("ready"), 300);
