// What it costs to watch: a warm `engine.run` of hello with every limit, every kind of grant and the audit
// against one without options.
import { tmpdir } from "node:os";
import { guestPath, withEngine } from "./guests.mjs";
import { line, report } from "./report.mjs";
import { median, percentile, takeTurns, timeEach } from "./statistics.mjs";

const ROUNDS = 10;
const RUNS = 2000;
const WARM_UP = 2000;
const MiB = 2 ** 20;

const LIMITED = {
  limits: {
    timeoutMs: 5000,
    cpuMs: 5000,
    memoryBytes: 64 * MiB,
    tableElements: 10_000,
    stdoutBytes: MiB,
    stderrBytes: MiB,
    writableBytes: 64 * MiB,
    writableFiles: 1000,
    fileBytes: 16 * MiB,
    moduleBytes: 16 * MiB,
    compileMs: 5000,
    openFiles: 64,
  },
  grants: {
    env: { LOG: "debug", TOKEN: { secret: "a secret" } },
    inheritEnv: ["LANG"],
    clock: "coarse",
    random: { seed: 1 },
    stdio: { stdin: "null" },
  },
  audit: true,
};
/** Directories are opened for each process, which is the mount's price and not the audit's. */
const MOUNTED = {
  ...LIMITED,
  grants: {
    ...LIMITED.grants,
    fs: [
      { source: tmpdir(), target: "/data", access: "read-write", maxBytes: MiB, maxFiles: 100 },
      { type: "memory", target: "/tmp" },
    ],
  },
};
const UNWATCHED = {
  grants: {
    fs: [
      { source: tmpdir(), target: "/data", access: "read-write" },
      { type: "memory", target: "/tmp" },
    ],
  },
};

const figures = await withEngine(async (engine) => {
  const image = await engine.loadImage(guestPath("hello"));
  const kinds = [
    ["plain", {}],
    ["limited", LIMITED],
    ["plain mounts", UNWATCHED],
    ["limited mounts", MOUNTED],
  ];
  for (const [, options] of kinds) {
    for (let run = 0; run < WARM_UP; run++) await engine.run(image, options);
  }
  const sample = (options) => () => timeEach(RUNS, () => engine.run(image, options));
  return takeTurns(
    kinds.map(([name, options]) => ({ name, sample: sample(options) })),
    ROUNDS,
  );
});

/** One line of the table: the watched runs against those without options. */
function compared(question, [ours, theirs], measure) {
  const value = measure(figures.get(ours));
  const plain = measure(figures.get(theirs));
  return line({
    question,
    unit: "ms",
    ours: value,
    rivals: [{ name: "ours without", value: plain }],
    ratio: value / plain,
    atMost: 1.2,
    target: "≤ 1.2 × without",
  });
}

const p99 = (samples) => percentile(samples, 0.99);
await report([
  compared(
    "warm `engine.run` with all limits, grants and audit, p50",
    ["limited", "plain"],
    median,
  ),
  compared("the same, p99", ["limited", "plain"], p99),
  compared("the same with two mounts, p50", ["limited mounts", "plain mounts"], median),
]);
