// A warm run of hello, start to exit status: `engine.run` of a loaded image against a fresh instance
// of a reused module in the caller's own thread.
import { guestBytes, guestModule, guestPath, withEngine } from "./guests.mjs";
import { line, report } from "./report.mjs";
import { browserWasiShim } from "./rivals/browser-wasi-shim.mjs";
import { extism } from "./rivals/extism.mjs";
import { nodeWasiRound } from "./rivals/node-wasi-rounds.mjs";
import { wasmer } from "./rivals/wasmer.mjs";
import { median, percentile, takeTurns, timeEach } from "./statistics.mjs";

const ROUNDS = 10;
/** A service that is warm: V8 has compiled both threads' code by then. The others get as many. */
const WARM_UP = 2000;

const figures = await withEngine(async (engine) => {
  const image = await engine.loadImage(guestPath("hello"));
  const module = guestModule("hello");
  for (let run = 0; run < WARM_UP; run++) await engine.run(image);
  const inThread = [browserWasiShim(module)];
  for (const { run } of inThread) for (let turn = 0; turn < WARM_UP; turn++) run();
  const slow = [extism(module), await wasmer(guestBytes("hello"))];
  try {
    return await takeTurns(
      [
        { name: "ours", sample: () => timeEach(500, () => engine.run(image)) },
        { name: "node:wasi", sample: () => nodeWasiRound("hello", 500, WARM_UP) },
        ...inThread.map(({ name, run }) => ({ name, sample: () => timeEach(500, () => run()) })),
        ...slow.map(({ name, run }) => ({ name, sample: () => timeEach(20, () => run()) })),
      ],
      ROUNDS,
    );
  } finally {
    for (const rival of [...inThread, ...slow]) await rival.close();
  }
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
