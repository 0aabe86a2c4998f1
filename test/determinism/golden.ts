/**
 * Fingerprints of runs, checked in, so that all versions of Node that the tests run on must agree with one
 * another. After a change of what guests see, make them anew:
 *
 *     SAFEDOCK_GOLDEN=write npx vitest run test/determinism
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export class Golden {
  readonly #path: string;
  readonly #known: Record<string, string>;
  readonly #seen = new Map<string, string>();
  readonly #writes = process.env["SAFEDOCK_GOLDEN"] === "write";

  /** `name`: of the file beside this one, without its ending. */
  constructor(name: string) {
    this.#path = fileURLToPath(new URL(`./${name}.json`, import.meta.url));
    this.#known = this.#writes
      ? {}
      : (JSON.parse(readFileSync(this.#path, "utf8")) as Record<string, string>);
  }

  /** What is expected; what was seen itself while the file is made anew. */
  expected(run: string, seen: string): string | undefined {
    this.#seen.set(run, seen);
    return this.#writes ? seen : this.#known[run];
  }

  /** Runs that are in the file. */
  names(): string[] {
    return Object.keys(this.#writes ? Object.fromEntries(this.#seen) : this.#known).sort();
  }

  close(): void {
    if (!this.#writes) return;
    const sorted = [...this.#seen].sort(([a], [b]) => (a < b ? -1 : 1));
    writeFileSync(this.#path, `${JSON.stringify(Object.fromEntries(sorted), undefined, 2)}\n`);
  }
}
