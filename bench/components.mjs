// What a component pays beside a core module, and beside jco with preview2-shim: file calls, timed by the guest
// itself, and a warm run of a command component.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { componentPath, guestBytes, withEngine } from "./guests.mjs";
import { writeOciLayout } from "./oci-layout.mjs";
import { line, report } from "./report.mjs";
import { jcoRuns } from "./rivals/jco-process.mjs";
import { median, percentile, takeTurns, timeEach } from "./statistics.mjs";

const ROUNDS = 6;
const calls = [
  { verb: "pread", title: "64-byte pread", count: 50_000, byShim: 500 },
  { verb: "open", title: "open + fstat + close", count: 10_000, byShim: 200 },
  { verb: "stat", title: "stat", count: 20_000, byShim: 500 },
];
const WARM_UP = 2000;
const contents = Buffer.alloc(64 * 1024, "safedock");

/** The figure in readbench's one line, "<verb> <ns per call>". */
const nsPerCall = (output) => Number(output.toString().trim().split(" ")[1]);

/** An image of readbench and the file that it reads. */
async function imageOf(engine, folder, program) {
  const layer = [
    ["readbench.wasm", program],
    ["data/file.bin", contents],
  ];
  return await engine.loadImage(await writeOciLayout(folder, [layer], ["/readbench.wasm"]));
}

async function fileCalls(engine, folder) {
  const data = join(folder, "data");
  mkdirSync(data);
  writeFileSync(join(data, "file.bin"), contents);
  const component = componentPath("real/readbench");
  const bytes = readFileSync(component);
  const asComponent = await imageOf(engine, join(folder, "component"), bytes);
  const asModule = await imageOf(engine, join(folder, "module"), guestBytes("readbench"));

  async function ours(image, args, grants) {
    const result = await engine.run(image, { args, grants: { clock: "real", ...grants } });
    if (result.code !== 0) throw new Error(`readbench: ${result.code} ${result.stderr}`);
    return nsPerCall(result.stdout);
  }
  const shim = async (args) =>
    nsPerCall((await jcoRuns(component, { preopen: data, runs: 1, args })).stdout);

  const mount = { fs: [{ source: data, target: "/data", access: "read-only" }] };
  const lines = [];
  for (const { verb, title, count, byShim } of calls) {
    const args = [verb, "/data/file.bin", String(count)];
    const figures = await takeTurns(
      [
        { name: "component", sample: () => ours(asComponent, args) },
        { name: "module", sample: () => ours(asModule, args) },
        { name: "component, mount", sample: () => ours(asComponent, args, mount) },
        { name: "module, mount", sample: () => ours(asModule, args, mount) },
        { name: "shim", sample: () => shim([verb, "/data/file.bin", String(byShim)]) },
      ],
      ROUNDS,
    );
    const of = (name) => median(figures.get(name));
    const rivals = [
      { name: "preview2-shim (host folder)", value: of("shim") },
      { name: "our preview 1", value: of("module") },
    ];
    const question = `component's ${title}, image file`;
    const entry = { question, unit: "ns", ours: of("component"), rivals };
    const fast = { ratio: of("shim") / of("component"), atLeast: 100 };
    const near = { ratio: of("component") / of("module"), atMost: 4 };
    lines.push(line({ ...entry, ...fast, target: "≥ 100 × faster than preview2-shim" }));
    lines.push(line({ ...entry, ...near, target: "≤ 4 × our preview 1" }));
    lines.push(
      line({
        question: `the same, host mount`,
        unit: "ns",
        ours: of("component, mount"),
        rivals: [rivals[0], { name: "our preview 1", value: of("module, mount") }],
        ratio: of("component, mount") / of("module, mount"),
        atMost: 4,
        target: "≤ 4 × our preview 1",
      }),
    );
  }
  return lines;
}

async function warmRun(engine) {
  const path = componentPath("hello");
  const image = await engine.loadImage(path);
  for (let run = 0; run < WARM_UP; run++) await engine.run(image);
  const figures = await takeTurns(
    [
      { name: "ours", sample: () => timeEach(1000, () => engine.run(image)) },
      {
        name: "jco",
        sample: async () => (await jcoRuns(path, { runs: 200, warmUp: 200 })).times,
      },
    ],
    ROUNDS,
  );
  const [ours, jco] = [figures.get("ours"), figures.get("jco")];
  return line({
    question: "warm `engine.run` of a hello component, p50",
    unit: "ms",
    ours: median(ours),
    rivals: [
      { name: "jco with preview2-shim, in-thread", value: median(jco) },
      { name: "ours at p99", value: percentile(ours, 0.99) },
    ],
    ratio: median(ours) / median(jco),
    atMost: 0.4,
    target: "≤ 0.4 × jco with preview2-shim",
  });
}

await withEngine(async (engine, folder) => {
  const lines = await fileCalls(engine, folder);
  await report([...lines, await warmRun(engine)]);
});
