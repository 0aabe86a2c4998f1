import { Worker } from "node:worker_threads";
import { SafedockError } from "../base/errors.js";
import type { FilePart } from "../base/read-part.js";
import { Turns } from "../base/turns.js";
import { endLater } from "../base/ending-threads.js";
import { unpackError } from "../base/packed-error.js";
import { untilAborted } from "../base/until-aborted.js";

/** Where the component's bytes are: a part of a host file, or memory. */
export type TranspileSource = FilePart | { readonly bytes: Uint8Array };

/** What the thread is given. */
export interface TranspileOrder {
  readonly source: TranspileSource;
  /** For messages: the path in the image. */
  readonly component: string;
  /** Folder with prepared components, by digest and variant: one that is there is not made again. */
  readonly folder?: string;
  /** The file to write. */
  readonly temporary: string;
}

/** What the thread answers: that the file is written, or that it is known, or an error as text. */
export type TranspileAnswer =
  | { readonly digest: string; readonly isKnown: boolean }
  | { readonly error: string };

export interface TranspileOptions {
  readonly signal?: AbortSignal | undefined;
  /** Time for all of it, in ms. */
  readonly timeoutMs: number;
}

/** Heap of the thread, in MiB: a script of 16 MiB and V8's code of it take a third. */
const HEAP_MB = 512;
/** Threads at a time: each may take 1.5 GiB, and a core. */
const MAX_THREADS = 2;

const turns = new Turns(MAX_THREADS);

/**
 * Takes a component apart in a thread of its own, which ends then; the prepared component is written to
 * `order.temporary`. The thread sees nothing of the app's environment, and what it prints goes nowhere.
 *
 * @throws SafedockError `ERR_COMPONENT_INVALID`, `ERR_COMPONENT_NAME_UNSAFE`, `ERR_COMPONENT_UNSUPPORTED`,
 * `ERR_MODULE_COMPILE_TIMEOUT`, `ERR_WORKER_FAILED`; an abort rejects with `signal.reason`. The file may be
 * there in part then.
 */
export async function transpile(
  order: TranspileOrder,
  { signal, timeoutMs }: TranspileOptions,
): Promise<{ readonly digest: string; readonly isKnown: boolean }> {
  const done = await turns.take(signal);
  const worker = new Worker(new URL("./transpile-worker.js", import.meta.url), {
    workerData: order,
    env: {},
    argv: [],
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  let timer: NodeJS.Timeout | undefined;
  let answer: TranspileAnswer;
  try {
    const answered = new Promise<TranspileAnswer>((resolve, reject) => {
      timer = setTimeout(() => reject(tooLate(order.component, timeoutMs)), timeoutMs);
      worker.once("message", resolve);
      worker.once("error", (error) => reject(failed(order.component, error)));
      worker.once("exit", () => reject(failed(order.component, undefined)));
    });
    answer = await untilAborted(answered, signal);
    // V8 goes on compiling jco for half a second; whoever waits for the answer need not wait for that.
    void turnOver(worker, done);
  } catch (error) {
    await worker.terminate();
    done();
    throw error;
  } finally {
    clearTimeout(timer);
  }
  if ("error" in answer) throw unpackError(answer.error);
  return answer;
}

async function turnOver(worker: Worker, done: () => void): Promise<void> {
  await endLater(worker);
  done();
}

/** A thread that runs out of memory says so in the error's code. */
function failed(component: string, error: unknown): SafedockError {
  const { code, message } = (error ?? {}) as {
    readonly code?: unknown;
    readonly message?: unknown;
  };
  if (code === "ERR_WORKER_OUT_OF_MEMORY") {
    const problem = "what jco makes of it takes too much memory";
    return new SafedockError(
      "ERR_COMPONENT_INVALID",
      `${component} is not a valid component: ${problem}`,
      { data: { module: component, problem } },
    );
  }
  const problem = typeof message === "string" ? message : "its thread has ended";
  return new SafedockError("ERR_WORKER_FAILED", `${component} was not prepared: ${problem}`, {
    data: { problem },
    cause: error,
  });
}

function tooLate(module: string, limit: number): SafedockError {
  return new SafedockError(
    "ERR_MODULE_COMPILE_TIMEOUT",
    `preparing ${module} took more than ${limit} ms`,
    { data: { module, limit } },
  );
}
