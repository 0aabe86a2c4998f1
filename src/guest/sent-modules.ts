import type { CompiledModule } from "./compiled-module.js";
import type { WorkerThread } from "./worker-thread.js";

/** Modules that a worker keeps; the least recently sent goes first. */
const MAX_WORKER_MODULES = 32;

/** Which modules a worker has. */
export class SentModules {
  readonly #thread: WorkerThread;
  readonly #ids = new Set<number>();

  constructor(thread: WorkerThread) {
    this.#thread = thread;
  }

  has(module: CompiledModule): boolean {
    return this.#ids.has(module.id);
  }

  /** Sends the module unless the worker has it. */
  send(module: CompiledModule): void {
    const known = this.#ids.delete(module.id);
    this.#ids.add(module.id);
    if (known) return;
    const { id, memories, memoryModule, component } = module;
    const message = { type: "module", id, module: module.module, memories, memoryModule } as const;
    if (component === undefined) this.#thread.post(message);
    else {
      const { types: _, ...parts } = component;
      this.#thread.post({ ...message, component: parts });
    }
    // The orders still waiting use at most SLOT_COUNT modules, the newest ones.
    for (const oldest of this.#ids) {
      if (this.#ids.size <= MAX_WORKER_MODULES) break;
      this.#ids.delete(oldest);
      this.#thread.post({ type: "drop-module", id: oldest });
    }
  }
}
