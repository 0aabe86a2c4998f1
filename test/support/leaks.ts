/**
 * Fails a test file that leaves workers or files open, or that makes Node print a warning. Loaded into
 * every test process before its tests.
 */
import { readdirSync, readlinkSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import workerThreads, { Worker } from "node:worker_threads";
import { afterAll, expect } from "vitest";

/** A worker or stream that was just closed may need this long to be gone, in ms. */
const GRACE_MS = 2_000;
const POLL_MS = 20;

/**
 * Where modules of ours are: of a thread that ends while Node reads one for it, Node forgets the open file. What is
 * shipped reads its bundles at once.
 */
const MODULES = fileURLToPath(new URL("../../dist/", import.meta.url));

const workers = new Set<Worker>();

class CountedWorker extends Worker {
  constructor(...args: ConstructorParameters<typeof Worker>) {
    super(...args);
    workers.add(this);
    this.once("exit", () => workers.delete(this));
  }
}

workerThreads.Worker = CountedWorker;
syncBuiltinESMExports();

const warnings: string[] = [];
process.on("warning", ({ name, message }) => {
  // A feature of Node that is still marked so is not a mistake of ours.
  if (name !== "ExperimentalWarning") warnings.push(`${name}: ${message}`);
});

/** Files and folders that this process holds open; empty where /proc is not there. */
function openFiles(): string[] {
  const folder = "/proc/self/fd";
  const targets: string[] = [];
  try {
    for (const descriptor of readdirSync(folder)) {
      const target = readlinkSync(`${folder}/${descriptor}`);
      if (target.startsWith("/") && !/^\/(?:dev|proc|sys)\//.test(target)) targets.push(target);
    }
  } catch {
    // A descriptor that went away meanwhile, or no such folder on this system.
  }
  return targets;
}

const atFirst = new Set(openFiles());
const newFiles = () =>
  openFiles().filter(
    (path) => !atFirst.has(path) && !(path.startsWith(MODULES) && path.endsWith(".js")),
  );

afterAll(async () => {
  const deadline = Date.now() + GRACE_MS;
  while ((workers.size > 0 || newFiles().length > 0) && Date.now() < deadline) await sleep(POLL_MS);
  expect({ workers: workers.size, files: newFiles(), warnings }).toEqual({
    workers: 0,
    files: [],
    warnings: [],
  });
});
