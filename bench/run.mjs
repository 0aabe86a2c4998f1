// Runs every bench file in a process of its own, one after the other, prints one table and writes it into
// README.md. `npm run bench -- warm-run fib` runs only these and leaves README.md alone.
import { execFileSync, fork } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { table } from "./report.mjs";

const files = [
  "warm-run",
  "audit",
  "throughput",
  "preview1-file-calls",
  "components",
  "calls",
  "fetch",
  "component-cold-start",
  "stdout",
  "import-and-cold-start",
  "many-containers",
  "long-life",
  "kill-latency",
  "pull",
  "snapshot",
  "fib",
];
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !files.includes(name));
if (unknown.length > 0) throw new Error(`no such bench: ${unknown.join(", ")}`);

if (!existsSync(here("node_modules"))) {
  const args = ["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"];
  execFileSync("npm", args, { cwd: here("."), stdio: "inherit" });
}

/** The lines that a bench file reports, none when it fails: one failure does not hide the others. */
async function run(name) {
  const child = fork(here(`${name}.mjs`), { execArgv: ["--no-warnings"] });
  const lines = [];
  child.on("message", (reported) => lines.push(...reported));
  const code = await new Promise((resolve) => child.on("exit", resolve));
  if (code !== 0) console.error(`${name}.mjs failed with ${code}`);
  return { lines, failed: code !== 0 };
}

const lines = [];
for (const name of chosen.length > 0 ? chosen : files) {
  console.error(`${name} ...`);
  const result = await run(name);
  lines.push(...result.lines);
  if (result.failed) process.exitCode = 1;
}

const machine = [
  `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? "unknown"})`,
  `${Math.round(totalmem() / 2 ** 30)} GiB of memory`,
  process.platform,
  `Node ${process.version}`,
].join(", ");
const result = `Machine: ${machine}; ${new Date().toISOString().slice(0, 10)}.\n\n${table(lines)}`;
console.log(`\n${result}`);

if (chosen.length === 0 && process.exitCode !== 1) {
  const readme = readFileSync(here("README.md"), "utf8");
  const [before] = readme.split("<!-- result -->");
  writeFileSync(here("README.md"), `${before}<!-- result -->\n\n${result}\n`);
}
