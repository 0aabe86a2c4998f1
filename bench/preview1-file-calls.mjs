// Preview 1 file calls, timed by the guest itself: a 64-byte pread, open + fstat + close, and stat; on a
// file of the image and on a host directory, against the same file through node:wasi.
import {
  mkdirSync,
  readFileSync,
  writeFileSync,
  openSync,
  ftruncateSync,
  closeSync,
} from "node:fs";
import { join } from "node:path";
import { guestBytes, guestModule, withEngine } from "./guests.mjs";
import { writeOciLayout } from "./oci-layout.mjs";
import { line, report } from "./report.mjs";
import { browserWasiShim } from "./rivals/browser-wasi-shim.mjs";
import { nodeWasi } from "./rivals/node-wasi.mjs";
import { median, takeTurns } from "./statistics.mjs";

const ROUNDS = 8;
const calls = [
  { verb: "pread", title: "64-byte pread", count: 100_000, onImage: 1, onMount: 1.3 },
  { verb: "open", title: "open + fstat + close", count: 20_000, onImage: 1, onMount: 3 },
  { verb: "stat", title: "stat", count: 40_000, onImage: 1 },
];
const contents = Buffer.alloc(64 * 1024, "safedock");

/** The figure in readbench's one line, "<verb> <ns per call>". */
const nsPerCall = (output) => Number(output.toString().trim().split(" ")[1]);

await withEngine(async (engine, folder) => {
  const data = join(folder, "data");
  mkdirSync(data);
  writeFileSync(join(data, "file.bin"), contents);
  const layout = await writeOciLayout(
    join(folder, "layout"),
    [
      [
        ["readbench.wasm", guestBytes("readbench")],
        ["data/file.bin", contents],
      ],
    ],
    ["/readbench.wasm"],
  );
  const image = await engine.loadImage(layout);
  const module = guestModule("readbench");

  const outputPath = join(folder, "output");
  const output = openSync(outputPath, "w+");
  const native = nodeWasi(module, { preopens: { "/data": data }, stdout: output });
  const printed = [];
  const shim = browserWasiShim(module, {
    preopen: "/data",
    files: { "file.bin": contents },
    onStdout: (bytes) => printed.push(Buffer.from(bytes)),
  });

  async function ours(args, grants) {
    const result = await engine.run(image, { args, grants: { clock: "real", ...grants } });
    if (result.code !== 0) throw new Error(`readbench: ${result.code} ${result.stderr}`);
    return nsPerCall(result.stdout);
  }
  function nativeRun(args) {
    ftruncateSync(output);
    if (native.run(args) !== 0) throw new Error("readbench failed in node:wasi");
    return nsPerCall(readFileSync(outputPath).toString().replaceAll("\0", ""));
  }
  function shimRun(args) {
    printed.length = 0;
    if (shim.run(args) !== 0) throw new Error("readbench failed in the shim");
    return nsPerCall(Buffer.concat(printed));
  }

  const mount = { fs: [{ source: data, target: "/data", access: "read-only" }] };
  const lines = [];
  for (const { verb, title, count, onImage, onMount } of calls) {
    const args = [verb, "/data/file.bin", String(count)];
    const figures = await takeTurns(
      [
        { name: "image", sample: () => ours(args) },
        { name: "mount", sample: () => ours(args, mount) },
        { name: "node:wasi", sample: () => nativeRun(args) },
        { name: "bjorn3 shim (memory)", sample: () => shimRun(args) },
      ],
      ROUNDS,
    );
    const baseline = median(figures.get("node:wasi"));
    const rivals = ["node:wasi", "bjorn3 shim (memory)"].map((name) => ({
      name,
      value: median(figures.get(name)),
    }));
    const entry = (where, figure, atMost) => ({
      question: `preview 1 ${title}, ${where}`,
      unit: "ns",
      ours: figure,
      rivals,
      ratio: figure / baseline,
      ...(atMost === undefined ? {} : { atMost, target: `≤ ${atMost} × node:wasi` }),
    });
    lines.push(line(entry("image file", median(figures.get("image")), onImage)));
    lines.push(line(entry("host mount", median(figures.get("mount")), onMount)));
  }
  closeSync(output);
  await report(lines);
});
