// Runs every check in turn and names those that failed. `--without=tests,package` leaves steps out;
// `--only=lint,types` runs just these.
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";

const steps = [
  ["format", "npm run --silent format:check"],
  // Lint and types look through the built declarations: `import "safedock"` in tests and examples.
  ["build", "npm run --silent build"],
  ["lint", "npm run --silent lint"],
  ["layers", "npm run --silent layers"],
  ["types", "npm run --silent types"],
  ["api", "npm run --silent api:check"],
  ["docs", "npm run --silent docs:check"],
  ["package", "npm run --silent package:check"],
  ["tests", "npm run --silent test"],
];

const { values } = parseArgs({
  options: {
    without: { type: "string", default: "" },
    only: { type: "string", default: steps.map(([name]) => name).join(",") },
  },
});
const without = new Set(values.without.split(","));
const only = new Set(values.only.split(","));

const failed = [];
for (const [name, command] of steps) {
  if (without.has(name) || !only.has(name)) continue;
  const started = performance.now();
  console.log(`--- ${name}`);
  const { status } = spawnSync(command, { shell: true, stdio: "inherit" });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`--- ${name}: ${status === 0 ? "passed" : "FAILED"} (${seconds} s)`);
  if (status !== 0) failed.push(name);
}

console.log(failed.length === 0 ? "all checks passed" : `failed: ${failed.join(", ")}`);
process.exitCode = failed.length === 0 ? 0 : 1;
