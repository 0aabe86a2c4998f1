/** `docker save | docker load` of two processes: `save <store> <reference>` or `load <store>`. */
import { openEngine } from "../../dist/index.js";

const [verb, root, reference] = process.argv.slice(2);
const engine = await openEngine({ root, workers: 1 });
if (verb === "save") {
  await engine.saveImage(reference, process.stdout, { format: "docker-archive" });
  // Not ended: an app may write more.
  process.stdout.write("");
} else {
  const [image] = await engine.loadImages(process.stdin);
  const { stdout } = await engine.run(image);
  console.log(
    JSON.stringify({ reference: image.reference, stdout: Buffer.from(stdout).toString() }),
  );
}
await engine.close();
