import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { requirePackages } from "./debian-packages.js";

export interface RedisServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Longest start, in milliseconds: it takes 20 on an idle machine. */
const START_TIMEOUT_MS = 20_000;
/** Another process may take the port that was found free. */
const TRIES = 5;

/** Starts Debian's `redis-server` on a free loopback port; it keeps nothing on disk. */
export async function startRedisServer(): Promise<RedisServer> {
  await requirePackages(["redis-server"]);
  const folder = await mkdtemp(join(tmpdir(), "safedock-redis-"));
  for (let left = TRIES; ; left--) {
    const port = await freePort();
    const child = spawn(
      "redis-server",
      ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
      { cwd: folder, stdio: ["ignore", "pipe", "ignore"] },
    );
    const close = async (): Promise<void> => {
      if (child.exitCode === null && child.signalCode === null) {
        const exited = once(child, "exit");
        child.kill("SIGKILL");
        await exited;
      }
      await rm(folder, { recursive: true, force: true });
    };
    if (await isReady(child)) return { port, close };
    await close();
    if (left === 1) throw new Error("redis-server has not started");
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** False if it has ended, or says nothing in time. */
async function isReady(child: ChildProcess): Promise<boolean> {
  if (child.stdout === null) return false;
  const timer = setTimeout(() => child.kill("SIGKILL"), START_TIMEOUT_MS);
  try {
    for await (const line of createInterface(child.stdout)) {
      if (line.includes("Ready to accept connections")) {
        child.stdout.resume();
        return true;
      }
    }
    return false;
  } finally {
    clearTimeout(timer);
  }
}
