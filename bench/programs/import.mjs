import { writeSync } from "node:fs";
import "safedock";

writeSync(1, "done");
