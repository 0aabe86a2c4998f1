// Whether a process that has run very many guests holds more memory than after its first ones.
// BENCH_LONG_LIFE_RUNS sets their number; the default takes less than a minute.
import { askProgram } from "./ask-program.mjs";
import { line, report } from "./report.mjs";
import { median } from "./statistics.mjs";

const RUNS = Number(process.env.BENCH_LONG_LIFE_RUNS ?? 200_000);

const samples = await askProgram("long-life", [String(RUNS)]);
const megabytes = samples.map((bytes) => bytes / 1e6);
const first = median(megabytes.slice(0, 3));
const last = median(megabytes.slice(-3));

await report([
  line({
    question: `memory after ${RUNS.toLocaleString("en")} warm runs`,
    unit: "MB",
    ours: last,
    rivals: [{ name: "the same process at the start", value: first }],
    ratio: last / first,
    atMost: 1.1,
    target: "≤ 1.1 × the start",
  }),
]);
