/** A guest that does what it is told, one call at a time, and says what each answered. */
import { fileURLToPath } from "node:url";
import type { Container, Process } from "safedock";
import * as errnos from "../../src/fs/errno.js";

export function auditGuest(name: string): string {
  return fileURLToPath(new URL(`../guests/hostile/audit/${name}.wasm`, import.meta.url));
}

const NAMES = new Map(Object.entries(errnos).map(([name, value]) => [String(value), name]));

export class CommandGuest {
  readonly process: Process;
  readonly #lines: AsyncIterator<string>;

  constructor(process: Process) {
    this.process = process;
    this.#lines = process.stdout.lines()[Symbol.asyncIterator]();
  }

  static async start(container: Container): Promise<CommandGuest> {
    return new CommandGuest(await container.start());
  }

  /** Does a call; gives the name of its errno, `SUCCESS` if it has none. */
  async ask(command: string): Promise<string> {
    this.send(command);
    return this.answer();
  }

  send(command: string): void {
    this.process.stdin.write(`${command}\n`);
  }

  /** The errno of the next answer. */
  async answer(): Promise<string> {
    const line = await this.line();
    const errno = line.split(" ")[1] ?? "";
    return NAMES.get(errno) ?? errno;
  }

  /** The next line of its output. */
  async line(): Promise<string> {
    const { value } = (await this.#lines.next()) as IteratorResult<string, undefined>;
    return value ?? "";
  }

  async end(): Promise<number> {
    this.process.stdin.end();
    return (await this.process.wait()).code;
  }
}
