import { SafedockError } from "../base/errors.js";
import { MAX_TABLE_ELEMENTS } from "../wasm/rewrite-module.js";
import type { PreparedComponent } from "../component/prepared-component.js";
import type { CompiledModule, ModuleSource } from "./compiled-module.js";
import { compileError } from "./compile-error.js";
import { CompileWait } from "./compile-wait.js";
import type { GuestWorker } from "./guest-worker.js";
import { monotonicMs } from "./monotonic-clock.js";
import { processTypes } from "./type-ledger.js";
import { workerFailed } from "./worker-failed.js";
import type { CompileAnswer, CompileCoresMessage, CompileMessage } from "./worker-messages.js";

export interface CompileOptions {
  readonly signal?: AbortSignal;
  /** Largest module in bytes; {@link DEFAULT_MODULE_BYTES} by default. */
  readonly maxBytes?: number;
  /** Elements that all tables of an instance may have together; {@link MAX_TABLE_ELEMENTS} by default. */
  readonly tableElements?: number;
  /** Time that reading and compiling may take, in ms; {@link DEFAULT_COMPILE_MS} by default. */
  readonly timeoutMs?: number;
}

/** CPython is 26 MB, the largest modules in the wild around 60 MB; V8 takes 1 GiB. */
export const DEFAULT_MODULE_BYTES = 128 * 2 ** 20;
/** 128 MiB take under 2 s. */
export const DEFAULT_COMPILE_MS = 60_000;
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

/** What is to be compiled. */
interface Work {
  readonly key: string;
  /** For messages: the path in the image. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  readonly message: (tableElements: number) => CompileMessage | CompileCoresMessage;
  readonly component?: PreparedComponent;
}

interface Job {
  /** The work's key, and with which tables. */
  readonly key: string;
  readonly work: Work;
  readonly tableElements: number;
  readonly promise: Promise<CompiledModule>;
  readonly resolve: (module: CompiledModule) => void;
  readonly reject: (error: unknown) => void;
  /** Callers that still want it. */
  readonly waiting: Set<CompileWait>;
  worker: GuestWorker | undefined;
  /** When the worker was given it, in monotonic ms. */
  begunAt: number | undefined;
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

  compile(source: ModuleSource, options: CompileOptions): Promise<CompiledModule> {
    const { key, name } = source;
    const size = "file" in source ? source.length : source.bytes.length;
    const message = (tableElements: number) =>
      ({
        type: "compile",
        source: bytesOf(source),
        tableElements,
        types: processTypes(),
      }) as const;
    return this.#compile({ key, name, size, message }, options);
  }

  /** The core modules of a component; `name` is for messages. */
  compileComponent(
    component: PreparedComponent,
    name: string,
    options: CompileOptions,
  ): Promise<CompiledModule> {
    const { key, cores, instances } = component;
    const size = cores.reduce((sum, { bytes }) => sum + bytes.length, 0);
    const message = (tableElements: number) =>
      ({ type: "compile-cores", cores, instances, tableElements, types: processTypes() }) as const;
    return this.#compile({ key, name, size, message, component }, options);
  }

  async #compile(work: Work, options: CompileOptions): Promise<CompiledModule> {
    options.signal?.throwIfAborted();
    const { name, size } = work;
    const limit = options.maxBytes ?? DEFAULT_MODULE_BYTES;
    if (size > limit) {
      throw new SafedockError(
        "ERR_MODULE_TOO_LARGE",
        `${name} has ${size} bytes, the limit is ${limit}`,
        { data: { module: name, size, limit }, hint: "raise moduleBytes" },
      );
    }
    const { tableElements = MAX_TABLE_ELEMENTS, timeoutMs = DEFAULT_COMPILE_MS } = options;
    const key = `${work.key} ${tableElements}`;
    const known = this.#known(key);
    if (known !== undefined) return known;
    const job = this.#jobs.get(key) ?? this.#enqueue(key, work, tableElements);
    const wait = new CompileWait({
      signal: options.signal,
      limitMs: timeoutMs,
      late: () => tooLate(name, timeoutMs),
    });
    job.waiting.add(wait);
    if (job.begunAt === undefined) this.pump();
    else wait.begun(job.begunAt);
    try {
      return await wait.result(job.promise);
    } finally {
      job.waiting.delete(wait);
      if (job.waiting.size === 0) this.#giveUp(job);
    }
  }

  /** Starts jobs that wait for a worker. */
  pump(): void {
    for (const job of this.#jobs.values()) {
      if (job.worker !== undefined) continue;
      const worker = this.#host.worker();
      if (worker === undefined) return;
      job.worker = worker;
      job.begunAt = monotonicMs();
      for (const wait of job.waiting) wait.begun(job.begunAt);
      worker.compile(job.work.message(job.tableElements));
    }
  }

  answered(worker: GuestWorker, answer: CompileAnswer): void {
    const job = this.#jobOf(worker);
    if (job === undefined) return;
    const { name, key, size, component } = job.work;
    if (answer.type !== "compiled" && answer.type !== "compiled-cores") {
      return this.#fail(job, compileError(name, answer));
    }
    const id = this.#nextId++;
    this.#end(job);
    const compiled: CompiledModule = { key, name, size, id, ...compiledParts(answer, component) };
    this.#keep(job.key, compiled);
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

  #enqueue(key: string, work: Work, tableElements: number): Job {
    let resolve: Job["resolve"] = () => undefined;
    let reject: Job["reject"] = () => undefined;
    const promise = new Promise<CompiledModule>((yes, no) => {
      resolve = yes;
      reject = no;
    });
    // Each caller has its own race with its signal; nobody may be left when it fails.
    promise.catch(() => undefined);
    const job: Job = {
      key,
      work,
      tableElements,
      promise,
      resolve,
      reject,
      waiting: new Set(),
      worker: undefined,
      begunAt: undefined,
    };
    this.#jobs.set(key, job);
    this.#host.hold();
    return job;
  }

  /** Nobody wants the job any more: a running one is stopped with its worker. */
  #giveUp(job: Job): void {
    if (this.#jobs.get(job.key) !== job) return;
    this.#end(job);
    if (job.worker !== undefined) this.#host.discard(job.worker);
  }

  #fail(job: Job, error: SafedockError): void {
    this.#end(job);
    job.reject(error);
  }

  #end(job: Job): void {
    if (this.#jobs.get(job.key) !== job) return;
    this.#jobs.delete(job.key);
    this.#host.unhold();
  }

  #jobOf(worker: GuestWorker): Job | undefined {
    for (const job of this.#jobs.values()) if (job.worker === worker) return job;
    return undefined;
  }

  #known(key: string): CompiledModule | undefined {
    const module = this.#kept.get(key) ?? this.#held.get(key)?.deref();
    if (module !== undefined) this.#keep(key, module);
    return module;
  }

  #keep(key: string, module: CompiledModule): void {
    this.#kept.delete(key);
    this.#kept.set(key, module);
    this.#held.set(key, new WeakRef(module));
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MAX_KEPT) break;
      this.#kept.delete(oldest);
    }
    for (const [known, held] of this.#held) {
      if (held.deref() === undefined) this.#held.delete(known);
    }
  }
}

const NO_MODULE = {
  imports: [],
  exports: [],
  memoryModule: "",
} as const;
/** A module of a header and nothing else. */
const EMPTY_MODULE = new Uint8Array([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);

function compiledParts(
  answer: Extract<CompileAnswer, { type: "compiled" | "compiled-cores" }>,
  component: PreparedComponent | undefined,
): Omit<CompiledModule, "key" | "name" | "size" | "id"> {
  if (answer.type === "compiled") {
    const { module, memoryModule, imports, exports, memories } = answer;
    return { module, memoryModule, imports, exports, memories };
  }
  if (component === undefined) throw new Error("a worker has compiled what it was not given");
  const { key, script, codeCache, instances, types, programs } = component;
  const { cores } = answer;
  return {
    ...NO_MODULE,
    memories: instances.flatMap((index) => cores[index]?.memories ?? []),
    module: new WebAssembly.Module(EMPTY_MODULE),
    component: { key, script, codeCache, cores, instances, types, programs },
  };
}

function bytesOf(source: ModuleSource): CompileMessage["source"] {
  if ("bytes" in source) return { bytes: source.bytes };
  return { file: source.file, offset: source.offset, length: source.length };
}

function tooLate(module: string, limit: number): SafedockError {
  return new SafedockError(
    "ERR_MODULE_COMPILE_TIMEOUT",
    `compiling ${module} took more than ${limit} ms`,
    { data: { module, limit }, hint: "raise limits.compileMs" },
  );
}
