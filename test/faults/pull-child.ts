import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const STORE = new URL("../../dist/image/image-store.js", import.meta.url).href;
const PROGRAM = fileURLToPath(new URL("pull-program.mjs", import.meta.url));

export interface Pulled {
  readonly digest: string;
  /** Calls to the file system that it took. */
  readonly calls: number;
}

/** A process that pulls into the store `root` when told to. */
export class PullChild implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#exited = once(child, "exit");
  }

  /** @param killAt - the moment at which it kills itself, see pull-program.mjs. */
  static async start(root: string, killAt?: number): Promise<PullChild> {
    const env = { ...process.env, ...(killAt === undefined ? {} : { KILL_AT: String(killAt) }) };
    const child = fork(PROGRAM, [STORE, root], { env, execArgv: [] });
    const exited = once(child, "exit").then(([code]) => {
      throw new Error(`the pulling process ended at once with ${code}`);
    });
    await Promise.race([once(child, "message"), exited]);
    exited.catch(() => undefined);
    return new PullChild(child);
  }

  /** Pulls; `undefined` when the process was killed meanwhile. */
  async pull(reference: string): Promise<Pulled | undefined> {
    const answer = once(this.#child, "message").then(([pulled]) => pulled as Pulled);
    this.#child.send(reference);
    return Promise.race([answer, this.#exited.then(() => undefined)]);
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}
