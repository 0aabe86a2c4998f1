/** Entry of a worker thread in what is shipped: loads the bundles of what `worker-main` needs, then does as that. */
import { join } from "node:path";
import { workerData } from "node:worker_threads";
import { loadScript } from "./cached-script.js";
import type { WorkerStart } from "./worker-messages.js";

const start = workerData as WorkerStart;
const loaded = new Map<string, object>();

/** As CommonJS has it, for what the bundles ask for: modules of Node, and each other. */
function load(name: string): unknown {
  if (!name.startsWith("./")) return process.getBuiltinModule(name);
  let exports = loaded.get(name);
  if (exports === undefined) {
    exports = loadScript(join(import.meta.dirname, name), load, start.prepared);
    loaded.set(name, exports);
  }
  return exports;
}

const kernel = load("./worker-kernel.cjs") as typeof import("./worker-loop.js");
new kernel.WorkerLoop(start).turn();
