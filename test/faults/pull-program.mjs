// A process of its own that pulls into a store. With a number in KILL_AT it ends itself by SIGKILL at that
// moment: 2n before, 2n + 1 after the nth call that changes or looks at the file system.
import * as promises from "node:fs/promises";
import { createRequire, syncBuiltinESMExports } from "node:module";

const [storeModule, root] = process.argv.slice(2);
let killAt = Infinity;
const watched = ["link", "mkdir", "open", "readFile", "readdir", "rename", "rm", "rmdir", "stat"];
watched.push("unlink", "utimes", "writeFile");
let calls = 0;

const builtin = createRequire(import.meta.url)("node:fs/promises");
for (const name of watched) {
  const original = promises[name];
  builtin[name] = async (...args) => {
    const call = calls++;
    if (killAt === 2 * call) process.kill(process.pid, "SIGKILL");
    const result = await original(...args);
    if (killAt === 2 * call + 1) process.kill(process.pid, "SIGKILL");
    return result;
  };
}
syncBuiltinESMExports();

const { ImageStore } = await import(storeModule);
process.on("message", async (reference) => {
  calls = 0;
  killAt = Number(process.env.KILL_AT ?? "Infinity");
  const store = await ImageStore.open(root);
  const { digest } = await store.pull(reference);
  process.send({ digest, calls });
});
process.send("ready");
