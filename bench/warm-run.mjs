// A warm run of hello, start to exit status: `engine.run` of a loaded image against a fresh instance
// of a reused module in the caller's own thread.
import { guestBytes, guestPath, withEngine } from "./guests.mjs";
import { line, report } from "./report.mjs";
import { roundInOwnProcess } from "./rivals/own-process.mjs";
import { wasmer } from "./rivals/wasmer.mjs";
import { median, percentile, takeTurns, timeEach } from "./statistics.mjs";

const ROUNDS = 10;
/** A service that is warm: V8 has compiled both threads' code by then. */
const WARM_UP = 2000;
/** More changes nothing for them, and makes a process of node:wasi likely to crash. */
const RIVAL_WARM_UP = 500;

const figures = await withEngine(async (engine) => {
  const image = await engine.loadImage(guestPath("hello"));
  for (let run = 0; run < WARM_UP; run++) await engine.run(image);
  const rival = (name, runs, warmUp) => ({
    name,
    sample: () => roundInOwnProcess(name, "hello", runs, warmUp),
  });
  const taken = await takeTurns(
    [
      { name: "ours", sample: () => timeEach(2000, () => engine.run(image)) },
      rival("node:wasi", 500, RIVAL_WARM_UP),
      rival("bjorn3 shim", 500, RIVAL_WARM_UP),
      rival("extism", 20, 20),
    ],
    ROUNDS,
  );
  // Last, since its threads slow down all others in the process as long as it is there.
  const sdk = await wasmer(guestBytes("hello"));
  taken.set("wasmer sdk", await timeEach(20 * ROUNDS, () => sdk.run()));
  await sdk.close();
  return taken;
});

const ours = figures.get("ours");
const others = [...figures].filter(([name]) => name !== "ours");
const baseline = median(figures.get("node:wasi"));

await report([
  line({
    question: "warm `engine.run` of hello, p50",
    unit: "ms",
    ours: median(ours),
    rivals: others.map(([name, samples]) => ({ name, value: median(samples) })),
    ratio: median(ours) / baseline,
    atMost: 0.2,
    target: "≤ 0.2 × node:wasi",
  }),
  line({
    question: "the same, p99",
    unit: "ms",
    ours: percentile(ours, 0.99),
    rivals: others.map(([name, samples]) => ({ name, value: percentile(samples, 0.99) })),
    ratio: percentile(ours, 0.99) / baseline,
    atMost: 2,
    target: "≤ 2 × node:wasi's p50",
  }),
]);
// The Wasmer SDK leaves message ports open.
process.exit(0);
