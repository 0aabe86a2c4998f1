// Answers texts with the bytes of the components or modules that they are. The library that does it starts a
// thread of its own, which ends with this one.
import { parentPort } from "node:worker_threads";
import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";

parentPort.on("message", async (text) => {
  try {
    parentPort.postMessage({ bytes: await parse(text) });
  } catch (error) {
    parentPort.postMessage({ error: String(error?.message ?? error) });
  }
});
