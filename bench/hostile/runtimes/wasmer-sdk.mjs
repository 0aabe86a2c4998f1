import { readFileSync } from "node:fs";
import { Wasmer } from "@wasmer/sdk/node";

/** In Node it has no host directories; its files are in memory. */
export const can = ["env", "timeout", "stdin"];

export async function open({ wasm }) {
  const client = await new Wasmer({ cache: false }).ready();
  const guest = await client.packages.load(readFileSync(wasm));
  const sandbox = await client.sandboxes.create({ packages: [guest] });
  return {
    async run({ args, timeoutMs, stdin }) {
      const command = sandbox.command(guest, args);
      const limit = timeoutMs === undefined ? {} : { timeoutMs };
      if (stdin === "open") {
        const running = await command.spawn({ ...limit, stdin: "pipe", stdout: "capture" });
        return { code: (await running.wait()).exitCode };
      }
      const { exitCode, reason, stdout } = await command.run({ ...limit, check: false });
      return { code: exitCode, reason, stdout: stdout.bytes ?? stdout };
    },
    async close() {
      await sandbox.close();
      await client.close();
    },
  };
}
