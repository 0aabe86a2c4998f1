/** Entry of a worker thread: takes orders out of its mailbox and runs them, one at a time. */
import { workerData } from "node:worker_threads";
import { WorkerLoop } from "./worker-loop.js";
import type { WorkerStart } from "./worker-messages.js";

new WorkerLoop(workerData as WorkerStart).turn();
