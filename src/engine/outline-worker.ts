/** Entry of a thread that lives for one large outline: its names may take a while. */
import { parentPort, workerData } from "node:worker_threads";
import { describeOutline } from "./describe-outline.js";
import type { OutlineOrder } from "./describe-elsewhere.js";

const { outline, head } = workerData as OutlineOrder;
parentPort?.postMessage(describeOutline(outline, head));
