// What a fresh process pays: for `import "safedock"`, and until an image of an earlier process has run.
// Each figure is the time from spawn to the first output, less that of a bare node.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { guestPath, withFolder } from "./guests.mjs";
import { line, report } from "./report.mjs";
import { median, takeTurns } from "./statistics.mjs";

const ROUNDS = 20;

/** Time from the start of a program until it prints, in ms. */
async function untilOutput(name, ...args) {
  const script = fileURLToPath(new URL(`./programs/${name}.mjs`, import.meta.url));
  const started = performance.now();
  const child = spawn(process.execPath, ["--no-warnings", script, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  await once(child.stdout, "data");
  const taken = performance.now() - started;
  const [code] = await exited;
  if (code !== 0) throw new Error(`${name} ended with ${code}`);
  return taken;
}

await withFolder(async (folder) => {
  const root = join(folder, "store");
  const { openEngine } = await import("safedock");
  const engine = await openEngine({ root });
  await engine.loadImage(guestPath("hello"), { reference: "bench/hello:latest" });
  await engine.close();

  const figures = await takeTurns(
    [
      { name: "bare", sample: () => untilOutput("bare") },
      { name: "import", sample: () => untilOutput("import") },
      { name: "cold", sample: () => untilOutput("cold-hello", root) },
      { name: "worker", sample: () => untilOutput("worker-node-wasi", guestPath("hello")) },
    ],
    ROUNDS,
  );
  const bare = median(figures.get("bare"));
  const over = (name) => median(figures.get(name)) - bare;
  await report([
    line({
      question: '`import "safedock"` in a fresh process, over bare node',
      unit: "ms",
      ours: over("import"),
      rivals: [{ name: "bare node", value: bare }],
      ratio: over("import") / 20,
      atMost: 1,
      target: "≤ 20 ms",
    }),
    line({
      question: "cold process, image in the store, hello done, over bare node",
      unit: "ms",
      ours: over("cold"),
      rivals: [{ name: "new worker with node:wasi", value: over("worker") }],
      ratio: over("cold") / over("worker"),
      atMost: 1.2,
      target: "≤ 1.2 × a new worker with node:wasi",
    }),
  ]);
});
