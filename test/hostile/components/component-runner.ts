import { fileURLToPath } from "node:url";
import type { Container, ContainerOptions, Engine, ExitStatus, RunOptions } from "safedock";
import { expect } from "vitest";
import { componentBytes, endComponentTexts } from "../../support/component-text.js";
import { openTestEngine, type TestEngine } from "../../support/test-engine.js";

const GREET = fileURLToPath(new URL("../../guests/components/greet.wasm", import.meta.url));
/** So long may a guest take that loops forever if nobody stops it, in ms. */
const LATEST_MS = 20_000;

/** Runs components written as text, and looks whether the engine is as good as before. */
export class ComponentRunner {
  readonly #fixture: TestEngine;

  private constructor(fixture: TestEngine) {
    this.#fixture = fixture;
  }

  static async open(workers = 1): Promise<ComponentRunner> {
    return new ComponentRunner(await openTestEngine({ workers }));
  }

  get engine(): Engine {
    return this.#fixture.engine;
  }

  async close(): Promise<void> {
    await endComponentTexts();
    await this.#fixture.close();
  }

  /** Closes its engine alone, for one that lives beside another. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#fixture.close();
  }

  /** What a command came to, as `exited 0`, or the code of the error: `ERR_MODULE_INVALID`. */
  async run(text: string, options: RunOptions = {}): Promise<string> {
    try {
      const image = await this.engine.loadImage(await componentBytes(text));
      const limits = { timeoutMs: LATEST_MS, ...options.limits };
      return outcomeOf(await this.engine.run(image, { ...options, limits }));
    } catch (error) {
      return codeOf(error);
    }
  }

  async container(text: string, options: ContainerOptions = {}): Promise<Container> {
    const image = await this.engine.loadImage(await componentBytes(text));
    const limits = { timeoutMs: LATEST_MS, ...options.limits };
    return await this.engine.createContainer(image, { ...options, limits });
  }

  /** What the function `go` of a component answers, or what its instance came to, or an error's code. */
  async call(text: string, options: ContainerOptions = {}, ...args: unknown[]): Promise<unknown> {
    try {
      await using container = await this.container(text, options);
      return await container.call("go", ...args);
    } catch (error) {
      return codeOf(error);
    }
  }

  /** As `call`, of a container that others use as well, and of any function. */
  async callIn(container: Container, name: string, ...args: unknown[]): Promise<unknown> {
    try {
      return await container.call(name, ...args);
    } catch (error) {
      return codeOf(error);
    }
  }

  /** A harmless component answers, on a worker that may have run an attack. */
  async expectSound(): Promise<void> {
    await using container = await this.engine.createContainer(await this.engine.loadImage(GREET));
    // oxlint-disable-next-line vitest/no-standalone-expect -- called by tests
    expect(await container.call("greet", "Ada")).toBe("Hello, Ada!");
  }
}

function outcomeOf({ reason, limit, code }: ExitStatus): string {
  return limit === undefined ? `${reason} ${code}` : `${reason} ${limit}`;
}

/** The code of an error; of a call's end, how its instance ended. */
function codeOf(error: unknown): string {
  const { code, data } = error as {
    readonly code?: string;
    readonly data?: { readonly status?: ExitStatus };
  };
  if (code === undefined) throw error;
  return code === "ERR_CALL_TRAPPED" && data?.status !== undefined ? outcomeOf(data.status) : code;
}
