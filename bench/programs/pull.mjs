// Pulls an image into a new store and sends the peak of the process's memory, in bytes.
import { existsSync, readFileSync } from "node:fs";
import { openEngine } from "safedock";

/** Linux says the peak since exec; maxRSS there counts what the parent held when it forked. */
function peakMemory() {
  const status = "/proc/self/status";
  const [, peak] = (existsSync(status) && /VmHWM:\s+(\d+) kB/.exec(readFileSync(status))) || [];
  return (peak === undefined ? process.resourceUsage().maxRSS : Number(peak)) * 1024;
}

const [, , root, reference] = process.argv;
const engine = await openEngine({ root });
await engine.pullImage(reference);
await engine.close();
process.send(peakMemory(), () => process.exit(0));
