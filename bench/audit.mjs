// What it costs to watch: a warm `engine.run` of hello with every limit and the audit against one without
// options, and what grants add to that.
import { tmpdir } from "node:os";
import { guestPath, withEngine } from "./guests.mjs";
import { line, report } from "./report.mjs";
import { median, takeTurns, timeEach } from "./statistics.mjs";

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
  audit: true,
};
const GRANTS = {
  env: { LOG: "debug", TOKEN: { secret: "a secret" } },
  inheritEnv: ["LANG"],
  clock: "coarse",
  random: { seed: 1 },
  stdio: { stdin: "null" },
};
/** Directories are opened for each process: that is the mounts' own price. */
const FS = [
  { source: tmpdir(), target: "/data", access: "read-write" },
  { type: "memory", target: "/tmp" },
];
const KINDS = {
  plain: {},
  limited: LIMITED,
  granted: { ...LIMITED, grants: GRANTS },
  mounted: { grants: { fs: FS } },
  "limited and mounted": { ...LIMITED, grants: { fs: FS } },
};

const figures = await withEngine(async (engine) => {
  const image = await engine.loadImage(guestPath("hello"));
  for (const options of Object.values(KINDS)) {
    for (let run = 0; run < WARM_UP; run++) await engine.run(image, options);
  }
  const contenders = Object.entries(KINDS).map(([name, options]) => ({
    name,
    sample: () => timeEach(RUNS, () => engine.run(image, options)),
  }));
  return takeTurns(contenders, ROUNDS);
});

/** One line of the table: `ours` against `plain`, a target only where one is set. */
function compared(question, ours, plain, target) {
  const value = median(figures.get(ours));
  const without = median(figures.get(plain));
  const ratio = value / without;
  const rivals = [{ name: "without", value: without }];
  return line({ question, unit: "ms", ours: value, rivals, ratio, ...target });
}

const TARGET = { atMost: 1.2, target: "≤ 1.2 × without" };

await report([
  compared("warm `engine.run` with every limit and the audit, p50", "limited", "plain", TARGET),
  compared("the same with a grant of every kind", "granted", "plain"),
  compared("the same with two mounts", "limited and mounted", "mounted", TARGET),
]);
