// What a careful app does with node:wasi alone: a new worker that compiles and runs the file.
import { readFileSync, writeSync } from "node:fs";
import { Worker, isMainThread, workerData } from "node:worker_threads";
import { WASI } from "node:wasi";

if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url), { workerData: process.argv[2] });
  worker.on("exit", () => writeSync(1, "done"));
} else {
  const wasi = new WASI({ version: "preview1", args: ["hello"], env: {} });
  const module = new WebAssembly.Module(readFileSync(workerData));
  wasi.start(new WebAssembly.Instance(module, wasi.getImportObject()));
}
