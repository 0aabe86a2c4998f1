// Whether a process that has run very many guests holds more than after its first ones: once with hello alone,
// once with guests of which half are hostile (test/hostile/long-life/mixed-runs.mjs).
// BENCH_LONG_LIFE_RUNS sets the number of both; by default they take a minute together.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { askProgram } from "./ask-program.mjs";
import { withFolder } from "./guests.mjs";
import { line, report } from "./report.mjs";
import { median } from "./statistics.mjs";

const RUNS = Number(process.env.BENCH_LONG_LIFE_RUNS ?? 200_000);
const MIXED_RUNS = Number(process.env.BENCH_LONG_LIFE_RUNS ?? 40_000);
const MIXED = fileURLToPath(new URL("../test/hostile/long-life/mixed-runs.mjs", import.meta.url));

/** What the process holds after each tenth of the runs. */
async function mixedSamples() {
  return await withFolder(async (folder) => {
    const child = fork(MIXED, [String(MIXED_RUNS), folder], {
      execArgv: ["--no-warnings", "--expose-gc"],
    });
    let samples;
    child.on("message", (message) => (samples = message));
    const [code, signal] = await once(child, "exit");
    if (samples === undefined) throw new Error(`mixed-runs ended with ${signal ?? code}`);
    return samples;
  });
}

const memoryLine = (runs, kind, first, last) =>
  line({
    question: `memory after ${runs.toLocaleString("en")} ${kind}`,
    unit: "MB",
    ours: last / 1e6,
    rivals: [{ name: "the same process at the start", value: first / 1e6 }],
    ratio: last / first,
    atMost: 1.1,
    target: "≤ 1.1 × the start",
  });

const plain = await askProgram("long-life", [String(RUNS)]);
const mixed = await mixedSamples();
// The first tenth is the warm-up of the mixed runs: each kind has been seen by each worker then.
const rss = mixed.slice(1).map((sample) => sample.rss);
const most = (key) => Math.max(...mixed.map((sample) => sample[key]));
await report([
  memoryLine(RUNS, "warm runs", median(plain.slice(0, 3)), median(plain.slice(-3))),
  memoryLine(
    MIXED_RUNS,
    `runs, half of them hostile (at most ${most("descriptors")} descriptors, ${most("threads")} threads)`,
    median(rss.slice(0, 3)),
    median(rss.slice(-3)),
  ),
]);
