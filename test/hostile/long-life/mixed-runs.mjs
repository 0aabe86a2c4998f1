// Runs guests in one process, half of them hostile, and sends after each tenth of the way what the process
// holds: memory, descriptors, threads, timers, entries in the store. Run with --expose-gc.
// Arguments: how many runs, a folder for the store.
import { strict as assert } from "node:assert";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openEngine } from "safedock";

const [, , count, folder] = process.argv;
const RUNS = Number(count);
const LANES = 8;
/** What was killed last is gone after this. */
const SETTLE_MS = 100;
const COSTLY_EVERY = 100;
const guests = new URL("../../guests/", import.meta.url);
const guest = (path) => fileURLToPath(new URL(path, guests));

const engine = await openEngine({ root: join(folder, "store"), workers: 2, maxWorkers: LANES });
const [hello, mischief, startTraps, startLoops] = await Promise.all([
  engine.loadImage(guest("c/tools/hello.wasm")),
  engine.loadImage(guest("hostile/long-life/mischief.wasm")),
  engine.loadImage(guest("hostile/long-life/start-traps.wasm")),
  engine.loadImage(guest("hostile/long-life/start-loops.wasm")),
]);

const MiB = 2 ** 20;
const limits = { memoryBytes: 4 * MiB, stdoutBytes: 1000, stderrBytes: 1000, openFiles: 16 };

async function ended(image, options, wanted) {
  const { code, reason, detail } = await engine.run(image, options);
  assert.deepEqual({ code, reason }, wanted, `${options.args?.join(" ")}: ${detail}`);
}
const mean = (kind, code, reason, more = {}, options = {}) => {
  const whole = { args: [kind], limits: { ...limits, ...more }, ...options };
  return () => ended(mischief, whole, { code, reason });
};

/** Ends in a trap or by itself: the worker is used again. */
const inMemory = { rootfs: "memory" };
const cheap = [
  mean("leave", 3, "exited"),
  mean("trap", 134, "trapped", {}, inMemory),
  mean("flood", 5, "exited"),
  mean("descriptors", 7, "exited", {}, inMemory),
  mean("memory", 6, "exited"),
  mean("files", 4, "exited", { writableFiles: 4 }),
  mean("trap", 134, "trapped"),
  mean("leave", 3, "exited", {}, inMemory),
  () => ended(startTraps, { limits }, { code: 134, reason: "trapped" }),
  mean("descriptors", 7, "exited"),
  () => ended(startTraps, { limits }, { code: 134, reason: "trapped" }),
];

/** Costs a worker, or as much time as that. */
const costly = [
  mean("stack", 134, "trapped"),
  mean("loop", 137, "timeout", { timeoutMs: 5 }),
  () => ended(startLoops, { limits: { timeoutMs: 5 } }, { code: 137, reason: "timeout" }),
  () =>
    ended(
      mischief,
      { args: ["sleep"], grants: { clock: "real" }, limits: { timeoutMs: 5 } },
      { code: 137, reason: "timeout" },
    ),
  async () => {
    const signal = AbortSignal.timeout(5);
    await assert.rejects(engine.run(mischief, { args: ["loop"], signal }), {
      name: "TimeoutError",
    });
  },
  async () => {
    const container = await engine.createContainer(mischief, { args: ["read"] });
    const main = await container.start();
    await container.remove({ force: true });
    assert.equal((await main.wait()).reason, "killed");
  },
];

/** Half are hello; of the hostile ones, one in a hundred is costly. */
function oneRun(turn) {
  if (turn % 2 === 0) return ended(hello, {}, { code: 0, reason: "exited" });
  const hostile = (turn - 1) / 2;
  if (hostile % COSTLY_EVERY === 0) return costly[(hostile / COSTLY_EVERY) % costly.length]();
  return cheap[hostile % cheap.length]();
}

let turn = 0;
async function runUpTo(end) {
  const lane = async () => {
    while (turn < end) await oneRun(turn++);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

const entriesOf = (path) => {
  try {
    return readdirSync(path).length;
  } catch (error) {
    if (error.code === "ENOENT") return 0;
    throw error;
  }
};

/** What is left between two tenths. */
async function held() {
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  globalThis.gc();
  globalThis.gc();
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  const containers = join(folder, "store", "containers");
  return {
    turn,
    rss,
    heapUsed,
    external,
    arrayBuffers,
    descriptors: entriesOf("/proc/self/fd"),
    threads: entriesOf("/proc/self/task"),
    timers: process.getActiveResourcesInfo().filter((name) => name === "Timeout").length,
    layers: readdirSync(containers).reduce(
      (sum, name) => sum + entriesOf(join(containers, name)),
      0,
    ),
    containers: engine.containers.list().length,
    inFlight: engine.inspect().processes,
  };
}
const samples = [];
for (let tenth = 1; tenth <= 10; tenth++) {
  await runUpTo(Math.round((RUNS * tenth) / 10));
  samples.push(await held());
}
await engine.close();
process.send?.(samples);
if (!process.send) console.table(samples);
