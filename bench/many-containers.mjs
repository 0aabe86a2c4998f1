// Memory of many containers that are created and not running, against as many idle instances of others.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { line, report } from "./report.mjs";

const COUNT = 10_000;

/** How much a process grows with so many containers or instances, in MB. */
async function grown(kind) {
  const program = fileURLToPath(new URL("./programs/many-containers.mjs", import.meta.url));
  const child = fork(program, [kind, String(COUNT)], {
    execArgv: ["--no-warnings", "--expose-gc"],
  });
  const [bytes] = await once(child, "message");
  return bytes / 1e6;
}

const ours = await grown("safedock");
const rivals = [];
for (const name of ["node:wasi", "bjorn3 shim"]) rivals.push({ name, value: await grown(name) });

await report([
  line({
    question: `memory of ${COUNT.toLocaleString("en")} created containers`,
    unit: "MB",
    ours,
    rivals: rivals.map(({ name, value }) => ({ name: `${name} (instances)`, value })),
    ratio: ours / 60,
    atMost: 1,
    target: "≤ 60 MB",
  }),
]);
