// Pull and index from a registry on loopback into a new store, against `skopeo copy` and `umoci raw unpack`
// of the same image. Wants Debian's docker-registry, skopeo and umoci.
import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { askProgram } from "./ask-program.mjs";
import { guestBytes, withFolder } from "./guests.mjs";
import { writeOciLayout } from "./oci-layout.mjs";
import { line, report } from "./report.mjs";
import { median, takeTurns } from "./statistics.mjs";

/** Writing 200 MiB takes another time in each round; three of them are no median. */
const ROUNDS = { large: 7, many: 3 };
const MAX_PEAK_MB = 150;
const run = promisify(execFile);

/** Bytes that compress to about half, as programs do. */
function halfCompressible(length, seed) {
  const bytes = Buffer.alloc(length);
  let block = createHash("sha512").update(seed).digest();
  for (let at = 0; at < length; at += 128) {
    block = createHash("sha512").update(block).digest();
    block.copy(bytes, at);
  }
  return bytes;
}

function largeImage() {
  return [
    [
      ["hello.wasm", guestBytes("hello")],
      ["large.wasm", halfCompressible(200 * 2 ** 20, "large")],
    ],
  ];
}

function manyFilesImage() {
  return Array.from({ length: 10 }, (_, layer) => [
    ...(layer === 0 ? [["hello.wasm", guestBytes("hello")]] : []),
    ...Array.from({ length: 2_000 }, (_file, file) => [
      `srv/part-${layer}/group-${file % 40}/file-${file}.txt`,
      halfCompressible(1_024 + (file % 7) * 512, `${layer}/${file}`),
    ]),
  ]);
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

async function startRegistry(folder) {
  const port = await freePort();
  const config = join(folder, "registry.yml");
  writeFileSync(
    config,
    `version: 0.1
log: { level: error, accesslog: { disabled: true } }
storage: { filesystem: { rootdirectory: ${join(folder, "registry")} } }
http: { addr: "127.0.0.1:${port}" }
`,
  );
  const server = spawn("docker-registry", ["serve", config], { stdio: "ignore" });
  for (let attempt = 0; ; attempt++) {
    const answer = await fetch(`http://127.0.0.1:${port}/v2/`).catch(() => undefined);
    if (answer?.ok) return { host: `127.0.0.1:${port}`, close: () => server.kill() };
    if (attempt === 100) throw new Error("docker-registry does not answer");
    await sleep(50);
  }
}

await withFolder(async (folder) => {
  const registry = await startRegistry(folder);
  const lines = [];
  try {
    for (const [name, title, image] of [
      ["large", "one layer of 200 MiB", largeImage],
      ["many", "20,000 small files in ten layers", manyFilesImage],
    ]) {
      const layout = await writeOciLayout(join(folder, name), image(), ["/hello.wasm"]);
      const reference = `${registry.host}/bench/${name}:latest`;
      const source = `docker://${reference}`;
      await run("skopeo", ["copy", "--dest-tls-verify=false", `oci:${layout}:latest`, source]);
      rmSync(layout, { recursive: true });

      const peaks = [];
      const target = join(folder, "target");
      const timed = async (work) => {
        mkdirSync(target);
        const started = performance.now();
        await work();
        const taken = performance.now() - started;
        rmSync(target, { recursive: true, force: true });
        return taken;
      };
      const ours = async () => {
        peaks.push(await askProgram("pull", [join(target, "store"), reference]));
      };
      const theirs = async () => {
        const copy = join(target, "layout");
        await run("skopeo", ["copy", "--src-tls-verify=false", source, `oci:${copy}:latest`]);
        await run("umoci", ["raw", "unpack", "--image", `${copy}:latest`, join(target, "bundle")]);
      };

      const figures = await takeTurns(
        [
          { name: "ours", sample: () => timed(ours) },
          { name: "theirs", sample: () => timed(theirs) },
        ],
        ROUNDS[name],
      );
      const taken = median(figures.get("ours"));
      // Its first round is thrown away, as those of the times are.
      const peak = median(peaks.slice(1)) / 1e6;
      const others = median(figures.get("theirs"));
      lines.push(
        line({
          question: `pull and index, ${title} (a whole process)`,
          unit: "ms",
          ours: taken,
          rivals: [{ name: "skopeo copy + umoci raw unpack", value: others }],
          ratio: taken / others,
          atMost: 1.2,
          target: "≤ 1.2 × skopeo + umoci",
        }),
        line({
          question: `peak memory of that pull, ${title}`,
          unit: "MB",
          ours: peak,
          rivals: [],
          ratio: peak / MAX_PEAK_MB,
          atMost: 1,
          target: `≤ ${MAX_PEAK_MB} MB`,
        }),
      );
    }
  } finally {
    registry.close();
  }
  await report(lines);
});
