import { SafedockError } from "../base/errors.js";
import { MAX_TABLE_ELEMENTS } from "../wasm/rewrite-module.js";
import type { CompiledModule, ModuleSource } from "./compiled-module.js";
import { compileError } from "./compile-error.js";
import type { GuestWorker } from "./guest-worker.js";
import { processTypes } from "./type-ledger.js";
import { workerFailed } from "./worker-failed.js";
import type { CompileAnswer, CompileMessage } from "./worker-messages.js";

export interface CompileOptions {
  readonly signal?: AbortSignal;
  /** Largest module in bytes; {@link DEFAULT_MODULE_BYTES} by default. */
  readonly maxBytes?: number;
}

/** CPython is 26 MB, the largest modules in the wild around 60 MB; V8 takes 1 GiB. */
export const DEFAULT_MODULE_BYTES = 128 * 2 ** 20;
/** A compilation that takes longer, in ms, is given up: 128 MiB take under 2 s. */
const COMPILE_TIMEOUT_MS = 60_000;
/** Compiled modules that are kept for the next container though nobody holds them. */
const MAX_KEPT = 16;

export interface CompilerHost {
  /** A worker without orders, when there is one. */
  worker(): GuestWorker | undefined;
  /** Ends a worker in the middle of a compilation. */
  discard(worker: GuestWorker): void;
  hold(): void;
  unhold(): void;
}

interface Job {
  readonly source: ModuleSource;
  readonly size: number;
  readonly promise: Promise<CompiledModule>;
  readonly resolve: (module: CompiledModule) => void;
  readonly reject: (error: unknown) => void;
  /** Callers that still want it. */
  waiting: number;
  worker: GuestWorker | undefined;
  timer: NodeJS.Timeout | undefined;
}

/** Compiles on the pool's workers: one flight per key, the latest modules kept. */
export class ModuleCompiler {
  readonly #host: CompilerHost;
  readonly #kept = new Map<string, CompiledModule>();
  readonly #held = new Map<string, WeakRef<CompiledModule>>();
  readonly #jobs = new Map<string, Job>();
  #nextId = 1;

  constructor(host: CompilerHost) {
    this.#host = host;
  }

  async compile(source: ModuleSource, options: CompileOptions): Promise<CompiledModule> {
    options.signal?.throwIfAborted();
    const size = "file" in source ? source.length : source.bytes.length;
    const limit = options.maxBytes ?? DEFAULT_MODULE_BYTES;
    if (size > limit) {
      throw new SafedockError(
        "ERR_MODULE_TOO_LARGE",
        `${source.name} has ${size} bytes, the limit is ${limit}`,
        { data: { module: source.name, size, limit }, hint: "raise moduleBytes" },
      );
    }
    const known = this.#known(source.key);
    if (known !== undefined) return known;
    const job = this.#jobs.get(source.key) ?? this.#enqueue(source, size);
    job.waiting++;
    try {
      return await raceAbort(job.promise, options.signal);
    } finally {
      job.waiting--;
      if (job.waiting === 0) this.#giveUp(job);
    }
  }

  /** Starts jobs that wait for a worker. */
  pump(): void {
    for (const job of this.#jobs.values()) {
      if (job.worker !== undefined) continue;
      const worker = this.#host.worker();
      if (worker === undefined) return;
      job.worker = worker;
      job.timer = setTimeout(() => {
        this.#fail(job, workerFailed(`compiling took more than ${COMPILE_TIMEOUT_MS} ms`));
        this.#host.discard(worker);
      }, COMPILE_TIMEOUT_MS).unref();
      worker.compile({
        type: "compile",
        source: bytesOf(job.source),
        tableElements: MAX_TABLE_ELEMENTS,
        types: processTypes(),
      });
    }
  }

  answered(worker: GuestWorker, answer: CompileAnswer): void {
    const job = this.#jobOf(worker);
    if (job === undefined) return;
    const { name, key } = job.source;
    if (answer.type !== "compiled") return this.#fail(job, compileError(name, answer));
    const { module, memoryModule, info } = answer;
    const { imports, exports, memories } = info;
    const id = this.#nextId++;
    this.#end(job);
    const compiled = {
      key,
      name,
      size: job.size,
      imports,
      exports,
      memories,
      module,
      memoryModule,
      id,
    };
    this.#keep(compiled);
    job.resolve(compiled);
  }

  died(worker: GuestWorker, problem: string): void {
    const job = this.#jobOf(worker);
    if (job !== undefined) this.#fail(job, workerFailed(problem));
  }

  close(): void {
    for (const job of [...this.#jobs.values()]) {
      this.#fail(
        job,
        new SafedockError("ERR_ENGINE_CLOSED", "The worker pool is closed", { data: { root: "" } }),
      );
    }
    this.#kept.clear();
  }

  #enqueue(source: ModuleSource, size: number): Job {
    let resolve: Job["resolve"] = () => undefined;
    let reject: Job["reject"] = () => undefined;
    const promise = new Promise<CompiledModule>((yes, no) => {
      resolve = yes;
      reject = no;
    });
    // Each caller has its own race with its signal; nobody may be left when it fails.
    promise.catch(() => undefined);
    const job: Job = {
      source,
      size,
      promise,
      resolve,
      reject,
      waiting: 0,
      worker: undefined,
      timer: undefined,
    };
    this.#jobs.set(source.key, job);
    this.#host.hold();
    this.pump();
    return job;
  }

  /** Nobody wants the job any more: a running one is stopped with its worker. */
  #giveUp(job: Job): void {
    if (this.#jobs.get(job.source.key) !== job) return;
    this.#end(job);
    if (job.worker !== undefined) this.#host.discard(job.worker);
  }

  #fail(job: Job, error: SafedockError): void {
    this.#end(job);
    job.reject(error);
  }

  #end(job: Job): void {
    if (this.#jobs.get(job.source.key) !== job) return;
    this.#jobs.delete(job.source.key);
    clearTimeout(job.timer);
    this.#host.unhold();
  }

  #jobOf(worker: GuestWorker): Job | undefined {
    for (const job of this.#jobs.values()) if (job.worker === worker) return job;
    return undefined;
  }

  #known(key: string): CompiledModule | undefined {
    const module = this.#kept.get(key) ?? this.#held.get(key)?.deref();
    if (module !== undefined) this.#keep(module);
    return module;
  }

  #keep(module: CompiledModule): void {
    this.#kept.delete(module.key);
    this.#kept.set(module.key, module);
    this.#held.set(module.key, new WeakRef(module));
    for (const [key] of this.#kept) {
      if (this.#kept.size <= MAX_KEPT) break;
      this.#kept.delete(key);
    }
    for (const [key, held] of this.#held) if (held.deref() === undefined) this.#held.delete(key);
  }
}

function bytesOf(source: ModuleSource): CompileMessage["source"] {
  if ("bytes" in source) return { bytes: source.bytes };
  return { file: source.file, offset: source.offset, length: source.length };
}

async function raceAbort<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  let abort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason as Error);
  });
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
