// Opens the store of an earlier process and runs the component that it finds there.
import { writeSync } from "node:fs";
import { openEngine } from "safedock";

const [root, what] = process.argv.slice(2);
const engine = await openEngine({ root });
if (what === "run") {
  const { stdout } = await engine.run("bench/hello-component:latest");
  writeSync(1, stdout);
} else {
  const container = await engine.createContainer("bench/greet:latest");
  writeSync(1, await container.call("greet", "Ada"));
  await container.remove();
}
await engine.close();
