/** Entry of a worker thread in what is shipped: loads the bundles that `worker-main` and what it needs are in. */
import { join } from "node:path";
import { workerData } from "node:worker_threads";
import { loadScript } from "./cached-script.js";
import type { WorkerStart } from "./worker-messages.js";

const { prepared } = workerData as WorkerStart;
const loaded = new Map<string, object>();

/** As CommonJS has it, for what the bundles ask for: modules of Node, and each other. */
function load(name: string): unknown {
  if (!name.startsWith("./")) return process.getBuiltinModule(name);
  let exports = loaded.get(name);
  if (exports === undefined) {
    exports = loadScript(join(import.meta.dirname, name), load, prepared);
    loaded.set(name, exports);
  }
  return exports;
}

load("./worker-kernel.cjs");
