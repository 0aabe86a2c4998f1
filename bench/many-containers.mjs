// Memory of many containers that are created and not running, against as many idle instances of others.
import { askProgram } from "./ask-program.mjs";
import { line, report } from "./report.mjs";

const COUNT = 10_000;

/** How much a process grows with so many containers or instances, in MB. */
async function grown(kind) {
  return (await askProgram("many-containers", [kind, String(COUNT)])) / 1e6;
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
