// A process of its own: pulls images that share layers, looks whether all of each is there, drops it again
// and collects, many times; says "done" at the end.
import { setImmediate } from "node:timers/promises";

const [storeModule, root, name, rounds, ...layouts] = process.argv.slice(2);
const { ImageStore } = await import(storeModule);
const store = await ImageStore.open(root);
const housekeeping = await store.housekeeping();

for (let round = 0; round < Number(rounds); round++) {
  const layout = layouts[(round * 7 + name.length) % layouts.length];
  const reference = `${name}:${round % 3}`;
  const record = await store.load(layout, { reference });
  if (!(await store.isComplete(record))) throw new Error(`${name} lost a part of ${layout}`);
  if (round % 4 === 0) await housekeeping.prune({});
  if (!(await store.isComplete(record))) throw new Error(`${name} lost a part of ${layout} later`);
  const again = await store.find(reference);
  if (again?.digest !== record.digest) throw new Error(`${name} lost the reference ${reference}`);
  if (round === 1) process.stdout.write("going\n");
  await store.remove(reference);
  if (round % 5 === 0) await setImmediate();
}
process.stdout.write("done\n");
