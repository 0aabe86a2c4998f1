// A child process with node:wasi: says "ready" when the module is compiled, runs it once for every
// message that gives its arguments, and answers with its exit code. Stdout is the guest's.
import { readFileSync } from "node:fs";
import { nodeWasi } from "./node-wasi.mjs";

const [, , path] = process.argv;
const guest = nodeWasi(new WebAssembly.Module(readFileSync(path)), { stdout: 1 });
process.on("message", (args) => process.send(guest.run(args)));
process.send("ready");
