import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEngine } from "safedock";

export const can = ["mount", "read-only", "memory", "timeout", "env", "stdin"];

export async function open({ wasm }) {
  const root = mkdtempSync(join(tmpdir(), "safedock-hostile-"));
  const engine = await openEngine({ root });
  const image = await engine.loadImage(wasm);
  return {
    async run({ args, mount, access = "read-write", timeoutMs, memoryBytes, stdin }) {
      const fs = mount === undefined ? [] : [{ source: mount, target: "/mnt", access }];
      const limits = {
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
        ...(memoryBytes === undefined ? {} : { memoryBytes }),
      };
      const options = { args, grants: { fs }, limits, rootfs: "none" };
      if (stdin !== "open") return await engine.run(image, options);
      const container = await engine.createContainer(image, options);
      return await (await container.start()).wait();
    },
    async close() {
      await engine.close();
      rmSync(root, { recursive: true });
    },
  };
}
