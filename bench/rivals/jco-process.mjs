// jco and preview2-shim in the main thread of a process of its own, whose stdout they write to.
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { withFolder } from "../guests.mjs";

const program = fileURLToPath(new URL("../programs/jco-runs.mjs", import.meta.url));

/** Runs of the component at `path`, one after the other: `{ times, stdout }`, times in ms. */
export async function jcoRuns(path, { preopen = "", runs, warmUp = 0, args = [] }) {
  return await withFolder(async (folder) => {
    const given = [path, folder, preopen, String(runs), String(warmUp), ...args];
    const child = fork(program, given, {
      execArgv: ["--no-warnings"],
      stdio: ["ignore", "pipe", "inherit", "ipc"],
    });
    let times;
    const printed = [];
    child.on("message", (message) => (times = message));
    child.stdout.on("data", (bytes) => printed.push(bytes));
    const code = await new Promise((resolve) => child.on("close", resolve));
    if (times === undefined) throw new Error(`jco ended with ${code}`);
    return { times, stdout: Buffer.concat(printed).toString() };
  });
}
