// node:wasi in the main thread of a process of its own, a fresh instance a run. On Node 20 a process that
// makes many instances through node:wasi crashes now and then (SIGSEGV or SIGTRAP in V8, with none of our
// code loaded): such a round is taken again.
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { guestModule } from "../guests.mjs";
import { timeEach } from "../statistics.mjs";
import { nodeWasi } from "./node-wasi.mjs";

const self = fileURLToPath(import.meta.url);
const MAX_TRIES = 10;

/** Runs of `guest` one after the other, after a warm-up: the time of each, in ms. */
export async function nodeWasiRound(guest, runs, warmUp = 500) {
  for (let attempt = 1; ; attempt++) {
    const child = fork(self, [guest, String(runs), String(warmUp)], {
      execArgv: ["--no-warnings"],
    });
    let times;
    child.on("message", (message) => (times = message));
    const code = await new Promise((resolve) => child.on("exit", resolve));
    if (times !== undefined) return times;
    if (attempt === MAX_TRIES)
      throw new Error(`node:wasi crashed ${attempt} times, last with ${code}`);
  }
}

if (process.argv[1] === self) {
  const [guest, runs, warmUp] = process.argv.slice(2);
  const { run } = nodeWasi(guestModule(guest));
  await timeEach(Number(warmUp), () => run());
  process.send(await timeEach(Number(runs), () => run()), () => process.exit(0));
}
