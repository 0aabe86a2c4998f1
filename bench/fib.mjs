// Code that only computes must cost the same everywhere: fib(35).
import { guestBytes, guestModule, guestPath, withEngine } from "./guests.mjs";
import { line, report } from "./report.mjs";
import { browserWasiShim } from "./rivals/browser-wasi-shim.mjs";
import { nodeWasi } from "./rivals/node-wasi.mjs";
import { wasmer } from "./rivals/wasmer.mjs";
import { median, takeTurns, timeEach } from "./statistics.mjs";

const ROUNDS = 8;
const args = ["35"];

const figures = await withEngine(async (engine) => {
  const image = await engine.loadImage(guestPath("fib"));
  const module = guestModule("fib");
  const rivals = [nodeWasi(module), browserWasiShim(module), await wasmer(guestBytes("fib"))];
  try {
    return await takeTurns(
      [
        { name: "ours", sample: () => timeEach(3, () => engine.run(image, { args })) },
        ...rivals.map(({ name, run }) => ({ name, sample: () => timeEach(3, () => run(args)) })),
      ],
      ROUNDS,
    );
  } finally {
    for (const rival of rivals) await rival.close();
  }
});

const ours = median(figures.get("ours"));
await report([
  line({
    question: "fib(35), code that only computes",
    unit: "ms",
    ours,
    rivals: [...figures]
      .filter(([name]) => name !== "ours")
      .map(([name, samples]) => ({ name, value: median(samples) })),
    ratio: ours / median(figures.get("node:wasi")),
    atMost: 1.2,
    target: "≤ 1.2 × node:wasi",
  }),
]);
// The Wasmer SDK leaves message ports open.
process.exit(0);
