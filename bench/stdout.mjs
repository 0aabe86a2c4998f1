// A guest's stdout to a consumer in the app: many large writes, and many small ones. The rival that
// isolates as we do is node:wasi in a child process whose stdout is a pipe: a fresh one for the guest, and
// for comparison one that was started and had compiled the module before the clock started.
import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { guestBytes, guestModule, guestPath, withEngine } from "./guests.mjs";
import { line, report } from "./report.mjs";
import { browserWasiShim } from "./rivals/browser-wasi-shim.mjs";
import { wasmer } from "./rivals/wasmer.mjs";
import { median, takeTurns, timeEach } from "./statistics.mjs";

const ROUNDS = 15;
const CHILD = fileURLToPath(new URL("./rivals/node-wasi-child.mjs", import.meta.url));
const floods = [
  { title: "100 MiB of stdout in 64 KiB writes", args: ["100", "65536"], bytes: 100 * 2 ** 20 },
  { title: "4 MiB of stdout in 64-byte writes", args: ["4", "64"], bytes: 4 * 2 ** 20 },
];

async function startWarmChild() {
  const child = fork(CHILD, [guestPath("flood")], {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
    execArgv: ["--no-warnings"],
  });
  await once(child, "message");
  return {
    async stream(args, wanted) {
      let bytes = 0;
      const arrived = new Promise((resolve) => {
        const count = (chunk) => {
          bytes += chunk.length;
          if (bytes < wanted) return;
          child.stdout.off("data", count);
          resolve(bytes);
        };
        child.stdout.on("data", count);
      });
      const ended = once(child, "message");
      child.send(args);
      await ended;
      return await arrived;
    },
    close: () => child.kill(),
  };
}

async function freshChild(args) {
  const child = spawn(process.execPath, ["--no-warnings", CHILD, guestPath("flood"), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let bytes = 0;
  for await (const chunk of child.stdout) bytes += chunk.length;
  return bytes;
}

await withEngine(async (engine) => {
  const image = await engine.loadImage(guestPath("flood"));
  const child = await startWarmChild();
  let inThreadBytes = 0;
  const shim = browserWasiShim(guestModule("flood"), {
    onStdout: (bytes) => (inThreadBytes += bytes.length),
  });

  async function ours(args) {
    const container = await engine.createContainer(image, { args });
    const running = await container.start({ stdin: "none" });
    let bytes = 0;
    for await (const chunk of running.stdout) bytes += chunk.length;
    await container.wait();
    await container.remove();
    return bytes;
  }
  function inThread(args) {
    inThreadBytes = 0;
    shim.run(args);
    return inThreadBytes;
  }

  const lines = [];
  const results = [];
  for (const { title, args, bytes } of floods) {
    const checked = (name, stream) => ({
      name,
      sample: () =>
        timeEach(1, async () => {
          const arrived = await stream(args, bytes);
          if (arrived !== bytes) throw new Error(`${name}: ${arrived} of ${bytes} bytes`);
        }),
    });
    const figures = await takeTurns(
      [
        checked("ours", ours),
        checked("node:wasi child", freshChild),
        checked("warm node:wasi child", child.stream),
        checked("bjorn3 shim (in-thread)", inThread),
      ],
      ROUNDS,
    );
    results.push({ args, bytes, title, figures });
  }
  child.close();
  // Last, since its threads slow down all others in the process as long as it is there.
  const sdk = await wasmer(guestBytes("flood"));
  for (const { args, bytes, title, figures } of results) {
    const stream = async () => {
      const arrived = await sdk.stream(args, bytes);
      if (arrived !== bytes) throw new Error(`wasmer sdk: ${arrived} of ${bytes} bytes`);
    };
    const alone = await takeTurns(
      [{ name: "wasmer sdk", sample: () => timeEach(1, stream) }],
      ROUNDS,
    );
    figures.set("wasmer sdk", alone.get("wasmer sdk"));
    const figure = median(figures.get("ours"));
    lines.push(
      line({
        question: title,
        unit: "ms",
        ours: figure,
        rivals: [...figures]
          .filter(([name]) => name !== "ours")
          .map(([name, samples]) => ({ name, value: median(samples) })),
        ratio: figure / median(figures.get("node:wasi child")),
        atMost: 0.5,
        target: "≤ 0.5 × node:wasi child",
      }),
    );
  }
  await sdk.close();
  await report(lines);
});
// The Wasmer SDK leaves message ports open.
process.exit(0);
