// Runs a component through jco and preview2-shim: WARM_UP times, then RUNS times, and sends how long each took.
// usage (forked): jco-runs.mjs COMPONENT FOLDER PREOPEN RUNS WARM_UP [guest arguments]
import { jco } from "../rivals/jco.mjs";
import { timeEach } from "../statistics.mjs";

const [component, folder, preopen, runs, warmUp, ...args] = process.argv.slice(2);
const preopens = preopen === "" ? {} : { "/data": preopen };
const { run } = await jco(component, folder, { preopens });
await timeEach(Number(warmUp), () => run(args));
process.send(await timeEach(Number(runs), () => run(args)), () => process.exit(0));
