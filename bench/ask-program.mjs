// Runs a program of programs/ in a process of its own and gives the one message that it sends.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export async function askProgram(name, args) {
  const program = fileURLToPath(new URL(`./programs/${name}.mjs`, import.meta.url));
  const child = fork(program, args, { execArgv: ["--no-warnings", "--expose-gc"] });
  let answer;
  child.on("message", (message) => (answer = message));
  const [code, signal] = await once(child, "exit");
  if (answer === undefined) throw new Error(`${name} ended with ${signal ?? code}`);
  return answer;
}
