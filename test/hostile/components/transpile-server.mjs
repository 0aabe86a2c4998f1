// Answers texts of components with what the transpiler makes of them, one at a time.
import { parentPort } from "node:worker_threads";
import { $init, generate } from "@bytecodealliance/jco-transpile/component";
import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";

await $init;

parentPort.on("message", async ({ text, options }) => {
  let bytes;
  try {
    bytes = await parse(text);
    if (options === undefined) {
      parentPort.postMessage({ bytes });
      return;
    }
    const { files } = generate(bytes, options);
    const [, script] = files.find(([name]) => name === "c.js");
    parentPort.postMessage({ bytes, script: Buffer.from(script).toString() });
  } catch (error) {
    parentPort.postMessage({ bytes, error: String(error?.stack ?? error) });
  }
});
