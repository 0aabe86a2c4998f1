import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { GENERATE_OPTIONS } from "../../../src/component/prepare-key.js";

/** What the transpiler made of a component. */
export interface Transpiled {
  /** The component itself; undefined if the text is none. */
  readonly bytes: Uint8Array | undefined;
  readonly script: string | undefined;
  readonly error: string | undefined;
}

/** Transpiles components in a thread, and in a new one after each error: it may have spoilt the first. */
export class Transpiler implements AsyncDisposable {
  #worker: Worker | undefined;

  /** `text` is a component in the text format. */
  async transpile(text: string): Promise<Transpiled> {
    const answer = await this.#ask({ text, options: GENERATE_OPTIONS });
    if (answer.script === undefined) await this[Symbol.asyncDispose]();
    return answer;
  }

  /** The bytes of a component in the text format. */
  async bytesOf(text: string): Promise<Uint8Array> {
    const { bytes, error } = await this.#ask({ text });
    if (bytes === undefined) throw new Error(error);
    return bytes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  async #ask(question: { text: string; options?: typeof GENERATE_OPTIONS }): Promise<Transpiled> {
    this.#worker ??= new Worker(new URL("./transpile-server.mjs", import.meta.url), {
      stdout: true,
      stderr: true,
    });
    this.#worker.postMessage(question);
    const [answer] = (await once(this.#worker, "message")) as [Transpiled];
    return answer;
  }
}
