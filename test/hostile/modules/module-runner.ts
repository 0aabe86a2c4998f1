import { isSafedockError, type Engine, type RunOptions, type RunResult } from "safedock";
import { openTestEngine, type TestEngine } from "../../support/test-engine.js";

/** Runs modules on an engine of one worker, so that each meets what the one before it left. */
export class ModuleRunner {
  readonly #fixture: TestEngine;

  private constructor(fixture: TestEngine) {
    this.#fixture = fixture;
  }

  static async open(): Promise<ModuleRunner> {
    return new ModuleRunner(await openTestEngine({ workers: 1 }));
  }

  get engine(): Engine {
    return this.#fixture.engine;
  }

  /** A temporary folder. */
  get folder(): string {
    return this.#fixture.folder;
  }

  close(): Promise<void> {
    return this.#fixture.close();
  }

  async run(module: Uint8Array | string, options: RunOptions = {}): Promise<RunResult> {
    const image = await this.engine.loadImage(module);
    return this.engine.run(image, {
      ...options,
      limits: { timeoutMs: 20_000, memoryBytes: 2 ** 20, ...options.limits },
    });
  }

  /** What a run came to: its reason with its code, or the code of an error. */
  async outcome(module: Uint8Array | string, options: RunOptions = {}): Promise<string> {
    try {
      const { reason, code } = await this.run(module, options);
      return `${reason} ${code}`;
    } catch (error) {
      if (!isSafedockError(error)) throw error;
      return error.code;
    }
  }

  /** What is wrong with a module that is refused. */
  async problem(module: Uint8Array | string): Promise<string> {
    try {
      const { reason } = await this.run(module);
      return `not refused: ${reason}`;
    } catch (error) {
      if (!isSafedockError(error, "ERR_MODULE_INVALID")) throw error;
      return error.data.problem;
    }
  }
}
