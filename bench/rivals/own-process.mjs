// A rival in the main thread of a process of its own, a fresh instance a run: its garbage then is not
// collected during another contender's runs. On Node 20 a process that makes many instances through
// node:wasi also crashes now and then (SIGSEGV or SIGTRAP in V8, with none of our code loaded): such a
// round is taken again.
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { guestModule } from "../guests.mjs";
import { timeEach } from "../statistics.mjs";

/** Loads a rival and no other. */
const rivals = {
  "node:wasi": async () => (await import("./node-wasi.mjs")).nodeWasi,
  "bjorn3 shim": async () => (await import("./browser-wasi-shim.mjs")).browserWasiShim,
  extism: async () => (await import("./extism.mjs")).extism,
};
const self = fileURLToPath(import.meta.url);
const MAX_TRIES = 10;

/** Runs of `guest` one after the other, after a warm-up: the time of each, in ms. */
export async function roundInOwnProcess(rival, guest, runs, warmUp) {
  for (let attempt = 1; ; attempt++) {
    const args = [rival, guest, String(runs), String(warmUp)];
    const child = fork(self, args, { execArgv: ["--no-warnings"] });
    let times;
    child.on("message", (message) => (times = message));
    const code = await new Promise((resolve) => child.on("exit", resolve));
    if (times !== undefined) return times;
    if (attempt === MAX_TRIES) throw new Error(`${rival} crashed ${attempt} times, last: ${code}`);
  }
}

if (process.argv[1] === self) {
  const [name, guest, runs, warmUp] = process.argv.slice(2);
  const make = await rivals[name]();
  const { run } = make(guestModule(guest));
  await timeEach(Number(warmUp), () => run());
  process.send(await timeEach(Number(runs), () => run()), () => process.exit(0));
}
