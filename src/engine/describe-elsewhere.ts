import { Worker } from "node:worker_threads";
import { type ProgramHead, unreadable } from "./describe-outline.js";
import type { ProgramRequirements } from "./requirements.js";

/** What the thread is given. */
export interface OutlineOrder {
  readonly outline: Uint8Array;
  readonly head: ProgramHead;
}

/** Time for one outline, in ms: 4 MiB take 1 s on a busy machine. */
const TIMEOUT_MS = 10_000;
/** 4 MiB of names are some 100 MB of objects at the worst. */
const MAX_HEAP_MB = 512;

/** As `describeOutline`, in a thread of its own. */
export async function describeElsewhere(
  outline: Uint8Array,
  head: ProgramHead,
): Promise<ProgramRequirements> {
  const order: OutlineOrder = { outline, head };
  const worker = new Worker(new URL("./outline-worker.js", import.meta.url), {
    workerData: order,
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<ProgramRequirements>((resolve) => {
      const fail = () => resolve(unreadable(head, "its imports and exports take too long to read"));
      timer = setTimeout(fail, TIMEOUT_MS);
      worker.once("message", resolve).once("error", fail).once("exit", fail);
    });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
