import { createHash } from "node:crypto";
import type { HostCall, RunResult } from "safedock";

/** All that a run shows of itself, but for what it took in time. */
export interface Observed {
  readonly code: number;
  readonly reason: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly trace: readonly string[];
}

export function observe(result: RunResult, trace: readonly string[]): Observed {
  const { code, reason } = result;
  const stdout = result.stdout.toString("latin1");
  return { code, reason, stdout, stderr: result.stderr.toString("latin1"), trace };
}

/** One call as a line of text. */
export function callText({ name, args, result }: HostCall): string {
  return `${name}(${args.join(", ")}) = ${result}`;
}

/** Short enough to be kept for each guest, long enough that no two runs have the same by chance. */
export function fingerprint(observed: Observed): string {
  return createHash("sha256").update(JSON.stringify(observed)).digest("hex").slice(0, 24);
}

/** Where two traces part, for a message that a person can use. */
export function firstDifference(a: Observed, b: Observed): string | undefined {
  for (let at = 0; at < Math.max(a.trace.length, b.trace.length); at++) {
    if (a.trace[at] !== b.trace[at]) return `call ${at}: ${a.trace[at]} | ${b.trace[at]}`;
  }
  return a.stdout === b.stdout && a.stderr === b.stderr && a.code === b.code
    ? undefined
    : `code ${a.code} | ${b.code}\n${a.stdout}${a.stderr}\n|\n${b.stdout}${b.stderr}`;
}
