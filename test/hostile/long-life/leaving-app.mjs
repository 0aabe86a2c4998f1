// An app that starts something and then leaves, in the way that is named. Arguments: the way, a folder for the
// store. What the app prints after its last statement tells that nothing held it up before.
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const [, , way, folder] = process.argv;
process.env.SAFEDOCK_ROOT = join(folder, "store");
const guest = (path) => fileURLToPath(new URL(`../../guests/${path}.wasm`, import.meta.url));
const MISCHIEF = guest("hostile/long-life/mischief");
const FILES = guest("c/tools/files");
const FLOOD = guest("c/tools/flood");

const { loadImage, openEngine, run, createContainer } = await import("safedock");

/** An engine in which much goes on. */
async function busyEngine() {
  const engine = await openEngine();
  const image = await engine.loadImage(MISCHIEF);
  const files = await engine.loadImage(FILES);
  const real = { clock: "real" };
  for (const kind of ["loop", "loop", "sleep", "read"]) {
    const container = await engine.createContainer(image, { args: [kind], grants: real });
    await container.start();
  }
  const writer = await engine.createContainer(files, { args: ["write", "/note", "text"] });
  await writer.start();
  await writer.wait();
  await writer.fs.writeFile("/more", Buffer.alloc(100_000));
  return engine;
}

const ways = {
  import: async () => undefined,
  open: () => openEngine(),
  "open twice": () => Promise.all([openEngine(), openEngine()]),
  close: async () => (await busyEngine()).close(),
  run: async () => run(await loadImage(FILES), { args: ["exists", "/"] }),
  "busy guests": busyEngine,
  "a started guest of the default engine": async () =>
    (await createContainer(await loadImage(MISCHIEF), { args: ["loop"] })).start(),
  "streams that nobody reads": async () => {
    const engine = await openEngine();
    const flood = await engine.createContainer(await engine.loadImage(FLOOD), { args: ["100"] });
    const { stdin, stdout, stderr } = await flood.start();
    globalThis.kept = [stdin, stdout, stderr];
  },
  "listeners for events": async () => {
    const engine = await busyEngine();
    for (const event of ["create", "start", "exit", "remove", "denied"]) engine.on(event, () => 0);
  },
  "a signal that never fires": async () => {
    const engine = await openEngine();
    const image = await engine.loadImage(MISCHIEF);
    const container = await engine.createContainer(image, { args: ["read"] });
    const controller = new AbortController();
    await container.start({ signal: controller.signal });
    globalThis.kept = controller;
  },
  "a deadline far away": async () => {
    const engine = await openEngine();
    const image = await engine.loadImage(MISCHIEF);
    const limits = { timeoutMs: 3_600_000 };
    const container = await engine.createContainer(image, { args: ["loop"], limits });
    await container.start();
  },
  "a run that nobody awaits": async () => {
    const engine = await openEngine();
    const image = await engine.loadImage(MISCHIEF);
    // This one is waited for, by `run` itself: until its deadline.
    void engine
      .run(image, { args: ["loop"], limits: { timeoutMs: 300 } })
      .then(({ reason }) => console.log(reason));
  },
  "process.exit": async () => {
    await busyEngine();
    process.exit(3);
  },
  "process.exit in a callback": async () => {
    const engine = await busyEngine();
    engine.on("exit", () => process.exit(4));
    void engine.containers.list()[0].kill();
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  },
  "an exception": async () => {
    await busyEngine();
    throw new Error("of the app");
  },
  "an exception in a callback": async () => {
    await busyEngine();
    setTimeout(() => {
      throw new Error("of the app");
    }, 20);
  },
  SIGTERM: async () => {
    await busyEngine();
    setTimeout(() => process.kill(process.pid, "SIGTERM"), 20);
  },
  SIGINT: async () => {
    await busyEngine();
    setTimeout(() => process.kill(process.pid, "SIGINT"), 20);
  },
  SIGKILL: async () => {
    await busyEngine();
    setTimeout(() => process.kill(process.pid, "SIGKILL"), 20);
  },
};

await ways[way]();
console.log("left");
