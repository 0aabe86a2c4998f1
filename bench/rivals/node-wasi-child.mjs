// A child process with node:wasi whose stdout is the guest's. With arguments it runs the guest with them
// and ends; without, it says "ready" when the module is compiled, runs the guest once for every message
// that gives its arguments, and answers with its exit code.
import { readFileSync } from "node:fs";
import { nodeWasi } from "./node-wasi.mjs";

const [, , path, ...args] = process.argv;
const guest = nodeWasi(new WebAssembly.Module(readFileSync(path)), { stdout: 1 });
if (args.length > 0) {
  process.exitCode = guest.run(args);
} else {
  process.on("message", (wanted) => process.send(guest.run(wanted)));
  process.send("ready");
}
