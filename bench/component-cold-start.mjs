// What a fresh process pays until a component of an earlier process has given its first result, over bare node.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { componentPath, withFolder } from "./guests.mjs";
import { line, report } from "./report.mjs";
import { median, takeTurns } from "./statistics.mjs";

const ROUNDS = 15;

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
  for (const [name, file] of [
    ["hello-component", "hello"],
    ["greet", "greet"],
  ]) {
    const reference = `bench/${name}:latest`;
    await engine.loadImage(componentPath(file), { reference, prepare: true });
  }
  await engine.close();

  const figures = await takeTurns(
    [
      { name: "bare", sample: () => untilOutput("bare") },
      { name: "run", sample: () => untilOutput("cold-component", root, "run") },
      { name: "call", sample: () => untilOutput("cold-component", root, "call") },
      { name: "module", sample: () => untilOutput("import") },
    ],
    ROUNDS,
  );
  const bare = median(figures.get("bare"));
  const over = (name) => median(figures.get(name)) - bare;
  const entry = (question, name) =>
    line({
      question,
      unit: "ms",
      ours: over(name),
      rivals: [
        { name: "bare node", value: bare },
        { name: 'import "safedock" alone', value: over("module") },
      ],
      ratio: over(name) / 60,
      atMost: 1,
      target: "≤ 60 ms",
    });
  await report([
    entry("second process, component in the store, hello done, over bare node", "run"),
    entry("the same, first answer of `container.call`", "call"),
  ]);
});
