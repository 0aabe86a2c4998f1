// Runs the same hostile guests on Safedock and on others, each run in a process of its own with a time limit, and
// writes who holds into SECURITY.md. `node bench/hostile-comparison.mjs [CASE ...]` runs only these cases and
// leaves SECURITY.md alone.
import { execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { withFolder } from "./guests.mjs";
import { cases, makeFolder } from "./hostile/cases.mjs";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const WASM = here("../test/guests/hostile/rivals/probe.wasm");
const SECURITY = here("../SECURITY.md");
const MARKS = ["<!-- comparison -->", "<!-- end of comparison -->"];

/** The slowest of the races takes half of this, in ms. */
const LIMIT_MS = 60_000;
/** A guest that should be stopped and is not keeps its process this long, in ms. */
const STOPPED_MS = 15_000;
/** The app's own patience, where nothing stops the guest. */
const PATIENCE_MS = 4_000;
const SHORT_PATIENCE_MS = 3_000;

const runtimes = [
  ["safedock", "Safedock"],
  ["node-wasi", "node:wasi"],
  ["preview2-shim", "preview2-shim 0.26.1 (jco 1.35.0)"],
  ["extism", "Extism 1.0.3"],
  ["wasmer-sdk", "@wasmer/sdk 0.16.0"],
  ["bjorn3", "browser_wasi_shim 0.4.2"],
];

for (const folder of [".", "hostile"]) {
  if (existsSync(here(`${folder}/node_modules`))) continue;
  const args = ["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"];
  execFileSync("npm", args, { cwd: here(folder), stdio: "inherit" });
}

/** Runs a guest; what the app saw of it, with all that it printed. A signal ends it before. */
async function ask(runtime, options, setup, signal) {
  const child = fork(here("hostile/run-case.mjs"), [], {
    stdio: [options.stdin === "open" ? "pipe" : "ignore", "pipe", "pipe", "ipc"],
    execArgv: ["--no-warnings"],
    env: { ...process.env, SECRET_OF_HOST: "1", TMPDIR: setup.folder },
    timeout: options.stdin === "open" || options.timeoutMs ? STOPPED_MS : LIMIT_MS,
    killSignal: "SIGKILL",
  });
  const printed = [];
  let answer;
  child.stdout.on("data", (chunk) => printed.push(chunk));
  child.stderr.resume();
  child.on("message", (message) => (answer = message));
  const patienceMs = options.stdin === "open" ? SHORT_PATIENCE_MS : options.patienceMs;
  child.send({ runtime, options, patienceMs, setup });
  const end = () => child.kill("SIGKILL");
  signal?.addEventListener("abort", end);
  const [code, killedBy] = await once(child, "close");
  const crash = answer === undefined ? `the process ended with ${killedBy ?? code}` : undefined;
  const stdout = answer?.stdout ? Buffer.from(answer.stdout) : Buffer.concat(printed);
  return { ...answer, crash, stdout };
}

/** "holds", or how it fails; what is a matter of luck is tried several times. */
async function outcome(runtime, { can }, test, setup) {
  const needs = [test.needs ?? []].flat();
  if (needs.length > 0 && !needs.some((need) => can.includes(need))) return "–";
  for (let turn = 0; turn < (test.times ?? 1); turn++) {
    const failing = await failingOf(runtime, can, test, setup);
    if (failing !== undefined) return `**fails**: ${failing}`;
  }
  return "holds";
}

async function failingOf(runtime, can, test, setup) {
  return await withFolder(async (folder) => {
    makeFolder(folder);
    const mount = can.includes("mount") ? join(folder, "mount") : undefined;
    const patienceMs = test.kind === "loop" ? PATIENCE_MS : LIMIT_MS / 2;
    const order = (kind) => ({ args: [kind], mount, patienceMs, ...test.options });
    const ending = new AbortController();
    const other = test.beside && ask(runtime, order(test.beside), setup, ending.signal);
    const answer = await ask(runtime, order(test.kind), setup);
    ending.abort();
    await other;
    return test.judge(answer, folder);
  });
}

const chosen = process.argv.slice(2);
const rows = [];
await withFolder(async (folder) => {
  const prepared = join(folder, "prepared");
  mkdirSync(prepared);
  const modules = new Map();
  for (const [name] of runtimes) {
    const module = await import(`./hostile/runtimes/${name}.mjs`);
    await module.prepare?.({ wasm: WASM, folder: prepared });
    modules.set(name, module);
  }
  for (const test of cases) {
    if (chosen.length > 0 && !chosen.includes(test.kind)) continue;
    const cells = [];
    for (const [name] of runtimes) {
      cells.push(await outcome(name, modules.get(name), test, { wasm: WASM, prepared, folder }));
      console.error(`${test.kind}: ${name}: ${cells.at(-1)}`);
    }
    rows.push([`A guest ${test.title}`, ...cells]);
  }
});

const head = ["", ...runtimes.map(([, title]) => title)];
const lines = [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
const table = lines.join("\n");
console.log(table);
if (chosen.length === 0) {
  const [before, rest] = readFileSync(SECURITY, "utf8").split(MARKS[0]);
  const after = rest.split(MARKS[1])[1];
  const made = `Node ${process.version} on ${process.platform}.`;
  writeFileSync(
    SECURITY,
    [before, MARKS[0], `\n\n${table}\n\n${made}\n\n`, MARKS[1], after].join(""),
  );
}
