// @wasmer/sdk: one sandbox, a fresh process per run on its own workers.
import { Wasmer } from "@wasmer/sdk/node";

export async function wasmer(bytes) {
  const client = await new Wasmer({ cache: false }).ready();
  const guest = await client.packages.load(bytes);
  const sandbox = await client.sandboxes.create({ packages: [guest] });
  return {
    name: "wasmer sdk",
    async run(args = []) {
      const { exitCode } = await sandbox.command(guest, args).run();
      return exitCode;
    },
    /** Runs with stdout as a stream, and gives the count of bytes that arrived. */
    async stream(args = []) {
      const running = await sandbox.command(guest, args).spawn({ stdout: "pipe", stdin: "closed" });
      let bytes = 0;
      for await (const chunk of running.stdout) bytes += chunk.byteLength;
      await running.wait();
      return bytes;
    },
    async close() {
      await sandbox.close();
      await client.close();
    },
  };
}
