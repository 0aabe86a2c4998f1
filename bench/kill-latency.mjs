// How exactly a deadline holds while guests that compute keep every core busy: from the deadline to the moment
// when the guest's thread is gone, and how soon the next guest runs after a kill.
import { availableParallelism } from "node:os";
import { guestPath, withEngine } from "./guests.mjs";
import { line, report } from "./report.mjs";
import { median, percentile } from "./statistics.mjs";

const KILLS = Number(process.env.BENCH_KILLS ?? 300);
/** As many guests more than there are cores have deadlines; the others only compute. */
const BUSY = availableParallelism();
const DEADLINES_MS = [20, 250];
/** What the promise says. */
const PROMISED_MS = 50;

const { late, next } = await withEngine(async (engine) => {
  const loop = await engine.loadImage(guestPath("loop"));
  const hello = await engine.loadImage(guestPath("hello"));
  for (let run = 0; run < 200; run++) await engine.run(hello);
  const end = new AbortController();
  const busy = Array.from({ length: BUSY }, () =>
    engine.run(loop, { signal: end.signal }).catch(() => undefined),
  );
  const late = [];
  for (let kill = 0; kill < KILLS; kill++) {
    const [low, high] = DEADLINES_MS;
    const timeoutMs = Math.round(low + Math.random() * (high - low));
    const { durationMs } = await engine.run(loop, { limits: { timeoutMs } });
    late.push(durationMs - timeoutMs);
  }
  end.abort();
  await Promise.all(busy);

  const next = [];
  for (let kill = 0; kill < KILLS / 5; kill++) {
    await engine.run(loop, { limits: { timeoutMs: 20 } });
    const began = performance.now();
    await engine.run(hello);
    next.push(performance.now() - began);
  }
  return { late, next };
});

await report([
  line({
    question: `from a deadline to the end of the guest's thread, ${BUSY} cores busy, p50`,
    unit: "ms",
    ours: median(late),
    rivals: [],
    ratio: median(late) / PROMISED_MS,
  }),
  line({
    question: "the same, p99",
    unit: "ms",
    ours: percentile(late, 0.99),
    rivals: [{ name: "promised", value: PROMISED_MS }],
    ratio: percentile(late, 0.99) / PROMISED_MS,
    atMost: 1,
    target: `≤ ${PROMISED_MS} ms`,
  }),
  line({
    question: "a run of hello right after a kill, p99",
    unit: "ms",
    ours: percentile(next, 0.99),
    rivals: [{ name: "p50", value: median(next) }],
  }),
]);
