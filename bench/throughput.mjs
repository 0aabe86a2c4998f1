// Warm runs per second with 16 in flight on all cores, against one after the other in-thread.
import { guestPath, withEngine } from "./guests.mjs";
import { line, report } from "./report.mjs";
import { roundInOwnProcess } from "./rivals/own-process.mjs";
import { median, takeTurns } from "./statistics.mjs";

const ROUNDS = 10;
/** A service that is warm: V8 has compiled all threads' code by then. */
const WARM_UP = 2000;
const RUNS = 10_000;
const IN_FLIGHT = 16;

async function perSecond(work) {
  const started = performance.now();
  await work();
  return (RUNS / (performance.now() - started)) * 1000;
}

async function oneByOne(rival) {
  // Few, since a process of node:wasi that makes many instances is likely to crash.
  const times = await roundInOwnProcess(rival, "hello", 1_000, 500);
  return (times.length / times.reduce((sum, ms) => sum + ms, 0)) * 1000;
}

const figures = await withEngine(async (engine) => {
  const image = await engine.loadImage(guestPath("hello"));
  for (let run = 0; run < WARM_UP; run++) await engine.run(image);

  async function inFlight() {
    let left = RUNS;
    async function lane() {
      while (left-- > 0) await engine.run(image);
    }
    await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  }

  return await takeTurns(
    [
      { name: "ours", sample: () => perSecond(inFlight) },
      { name: "node:wasi", sample: () => oneByOne("node:wasi") },
      { name: "bjorn3 shim", sample: () => oneByOne("bjorn3 shim") },
    ],
    ROUNDS,
  );
});

const ours = median(figures.get("ours"));
await report([
  line({
    question: `warm runs of hello per second, ${IN_FLIGHT} in flight`,
    unit: "runs/s",
    ours,
    rivals: [...figures]
      .filter(([name]) => name !== "ours")
      .map(([name, samples]) => ({ name: `${name} (one by one)`, value: median(samples) })),
    ratio: ours / median(figures.get("node:wasi")),
    atLeast: 10,
    target: "≥ 10 × node:wasi's rate",
  }),
]);
