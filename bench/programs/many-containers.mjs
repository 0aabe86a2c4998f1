// Creates containers (or instances of a rival) and sends by how many bytes the process has grown.
import { guestModule, guestPath, withEngine } from "../guests.mjs";

const [, , kind, count] = process.argv;

function settledMemory() {
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage.rss();
}

/** Makes ten to warm up, then `count` more, all kept. */
async function growth(make) {
  const kept = [];
  for (let turn = 0; turn < 10; turn++) kept.push(await make());
  const before = settledMemory();
  for (let turn = 0; turn < Number(count); turn++) kept.push(await make());
  const grown = settledMemory() - before;
  return { grown, kept: kept.length };
}

async function rival() {
  const module = guestModule("hello");
  if (kind === "node:wasi") {
    const { WASI } = await import("node:wasi");
    return await growth(() => {
      const wasi = new WASI({ version: "preview1", args: ["hello"], env: {} });
      return [wasi, new WebAssembly.Instance(module, wasi.getImportObject())];
    });
  }
  const { WASI } = await import("@bjorn3/browser_wasi_shim");
  return await growth(() => {
    const wasi = new WASI(["hello"], [], [], { debug: false });
    return [wasi, new WebAssembly.Instance(module, { wasi_snapshot_preview1: wasi.wasiImport })];
  });
}

async function ours() {
  return await withEngine(async (engine) => {
    const image = await engine.loadImage(guestPath("hello"));
    await engine.run(image);
    const grants = { fs: [{ type: "memory", target: "/tmp", maxBytes: 2 ** 20 }] };
    return await growth(() => engine.createContainer(image, { args: ["x"], grants }));
  });
}

const { grown } = kind === "safedock" ? await ours() : await rival();
process.send(grown, () => process.exit(0));
