// Pulls an image into a new store and sends the peak of the process's memory, in bytes.
import { openEngine } from "safedock";

const [, , root, reference] = process.argv;
const engine = await openEngine({ root });
await engine.pullImage(reference);
await engine.close();
process.send(process.resourceUsage().maxRSS * 1024, () => process.exit(0));
