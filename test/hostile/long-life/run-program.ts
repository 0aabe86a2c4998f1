import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

/** How a program of this folder ended. */
export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What it sent last. */
  readonly message: unknown;
  /** From its start to its end. */
  readonly ms: number;
}

/** Runs a program of this folder in a process of its own, which may collect its garbage when it likes. */
export async function runProgram(
  name: string,
  args: readonly string[],
  timeoutMs: number,
  env: Readonly<Record<string, string>> = {},
): Promise<ProgramEnd> {
  const program = fileURLToPath(new URL(`${name}.mjs`, import.meta.url));
  const began = performance.now();
  const child = fork(program, args, {
    execArgv: ["--expose-gc"],
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    timeout: timeoutMs,
    killSignal: "SIGKILL",
  });
  let message: unknown;
  child.on("message", (sent) => (message = sent));
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error("a child without pipes");
  const ended = once(child, "exit") as Promise<[number | null, string | null]>;
  const [[code, signal], printed, complaints] = await Promise.all([
    ended,
    text(stdout),
    text(stderr),
  ]);
  const ms = performance.now() - began;
  return { code, signal, stdout: printed, stderr: complaints, message, ms };
}

/** A temporary folder that goes with the test. */
export async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "safedock-long-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
