/** Very many runs in one process, half of them hostile: it holds as much at the end as in the middle. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runProgram, withFolder } from "./run-program.js";

/** The bench has the long form. */
const RUNS = Number(process.env["SAFEDOCK_TEST_RUNS"] ?? 20_000);
const TIMEOUT_MS = 300_000 + RUNS * 10;

const MB = 1e6;
/** Pages that the allocator of the C library keeps move by as much from one look to the next. */
const NOISE_BYTES = 40 * MB;
/** Code that V8 compiles late, and what the app's thread has seen for the first time. */
const HEAP_NOISE_BYTES = MB;
/** Workers are made and let go while a look is taken: four descriptors and a thread each. */
const MAX_WORKERS = 8;
const DESCRIPTORS_OF_WORKER = 4;

interface Sample {
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
  readonly descriptors: number;
  readonly threads: number;
  readonly timers: number;
  readonly layers: number;
  readonly containers: number;
  readonly inFlight: number;
}

async function samplesOf(folder: string): Promise<readonly Sample[]> {
  const end = await runProgram("mixed-runs", [String(RUNS), folder], TIMEOUT_MS);
  expect(end).toMatchObject({ code: 0, stderr: "" });
  return end.message as readonly Sample[];
}

const most = (samples: readonly Sample[], key: keyof Sample) =>
  Math.max(...samples.map((sample) => sample[key]));
const middle = (samples: readonly Sample[], key: keyof Sample) =>
  samples.map((sample) => sample[key]).toSorted((a, b) => a - b)[samples.length >> 1] ?? Number.NaN;

test(
  `${RUNS} runs, half of them hostile, leave memory, descriptors, threads and the disk as they were`,
  { timeout: TIMEOUT_MS },
  async () => {
    await withFolder(async (folder) => {
      const samples = await samplesOf(folder);
      const [first, second] = [samples.slice(1, 5), samples.slice(5)];
      expect(middle(second, "rss")).toBeLessThan(middle(first, "rss") * 1.2 + NOISE_BYTES);
      expect(middle(second, "heapUsed")).toBeLessThan(middle(first, "heapUsed") + HEAP_NOISE_BYTES);
      expect(middle(second, "external")).toBeLessThan(middle(first, "external") + MB);
      const spare = MAX_WORKERS * DESCRIPTORS_OF_WORKER;
      const fewest = Math.min(...samples.map(({ descriptors }) => descriptors));
      expect(most(samples, "descriptors")).toBeLessThanOrEqual(fewest + spare);
      const fewestThreads = Math.min(...samples.map(({ threads }) => threads));
      expect(most(samples, "threads")).toBeLessThanOrEqual(fewestThreads + MAX_WORKERS);
      for (const { timers, layers, containers, inFlight } of samples) {
        expect({ timers, layers, containers, inFlight }).toEqual({
          timers: 0,
          layers: 0,
          containers: 0,
          inFlight: 0,
        });
      }
      expect(await readdir(join(folder, "store", "containers"))).toEqual([]);
    });
  },
);
