import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEngine, type Engine, type EngineOptions } from "safedock";

export interface TestEngine {
  readonly engine: Engine;
  /** A temporary folder for what a test needs on the host. */
  readonly folder: string;
  close(): Promise<void>;
}

/** An engine on a store of its own, in a temporary folder that goes with it. */
export async function openTestEngine(options: EngineOptions = {}): Promise<TestEngine> {
  const folder = await mkdtemp(join(tmpdir(), "safedock-engine-"));
  const engine = await openEngine({ root: join(folder, "store"), ...options });
  const close = async () => {
    await engine.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { engine, folder, close };
}
