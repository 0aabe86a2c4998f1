// Opens the store of an earlier process and runs the image that it finds there.
import { writeSync } from "node:fs";
import { openEngine } from "safedock";

const engine = await openEngine({ root: process.argv[2] });
const { stdout } = await engine.run("bench/hello:latest");
writeSync(1, stdout);
await engine.close();
