/** Entry of a thread that lives for one large outline: its names may take a while. */
import { parentPort, workerData } from "node:worker_threads";
import { worldOfOutline } from "./image-world.js";

parentPort?.postMessage(worldOfOutline(workerData as Uint8Array));
