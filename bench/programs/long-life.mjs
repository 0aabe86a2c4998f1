// Runs hello many times, 16 in flight, and sends what memory the process holds at each tenth of the way.
import { guestPath, withEngine } from "../guests.mjs";

const runs = Number(process.argv[2]);
const WARM_UP = 20_000;

function settledMemory() {
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage.rss();
}

const samples = await withEngine(async (engine) => {
  const image = await engine.loadImage(guestPath("hello"));

  async function run(count) {
    let left = count;
    async function lane() {
      while (left-- > 0) await engine.run(image);
    }
    await Promise.all(Array.from({ length: 16 }, lane));
  }
  await run(WARM_UP);
  const taken = [settledMemory()];
  for (let tenth = 0; tenth < 10; tenth++) {
    await run(runs / 10);
    taken.push(settledMemory());
  }
  return taken;
});
process.send(samples, () => process.exit(0));
