import type { ContentStore } from "../content/content-store.js";
import type { CompiledModule, ModuleSource } from "../guest/compiled-module.js";
import type { GuestPool } from "../guest/pool.js";
import { assertSize, preparerOf } from "./component-preparer.js";

export interface CompileOptions {
  readonly signal?: AbortSignal;
  /** Largest component, in bytes. */
  readonly maxBytes: number;
  /** Elements of all tables of an instance together. */
  readonly tableElements: number;
  /** Time that taking it apart may take, and then compiling, in ms each. */
  readonly timeoutMs: number;
}

/** Components that are kept compiled though nobody runs them: as many as the pool keeps of modules. */
const MAX_KEPT = 16;

/** From a component's bytes to what the pool starts: prepared, then compiled. */
export class ComponentCompiler {
  readonly #kept = new Map<string, CompiledModule>();

  constructor(
    private readonly pool: GuestPool,
    private readonly content: ContentStore,
  ) {}

  /**
   * @throws SafedockError the codes of `ComponentPreparer.prepare` and of `GuestPool.compileComponent`; an
   * abort rejects with `signal.reason`
   */
  async compile(source: ModuleSource, options: CompileOptions): Promise<CompiledModule> {
    options.signal?.throwIfAborted();
    assertSize(source, options.maxBytes);
    const key = `${source.key} ${options.tableElements}`;
    const known = this.#kept.get(key);
    if (known !== undefined) {
      this.#keep(key, known);
      return known;
    }
    const prepared = await preparerOf(this.content).prepare(source, options);
    const compiled = await this.pool.compileComponent(prepared, source.name, options);
    this.#keep(key, compiled);
    return compiled;
  }

  #keep(key: string, compiled: CompiledModule): void {
    this.#kept.delete(key);
    this.#kept.set(key, compiled);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MAX_KEPT) break;
      this.#kept.delete(oldest);
    }
  }
}
