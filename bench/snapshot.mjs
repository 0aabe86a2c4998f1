// Opening the snapshot of an image with 20,000 files: the first container of a process, and the next ones.
import { join } from "node:path";
import { askProgram } from "./ask-program.mjs";
import { guestBytes, withEngine } from "./guests.mjs";
import { writeOciLayout } from "./oci-layout.mjs";
import { line, report } from "./report.mjs";
import { median, takeTurns } from "./statistics.mjs";

const PROCESSES = 11;
const FILES = 20_000;

await withEngine(async (engine, folder) => {
  const image = async (name, files) => {
    const layers = [[["hello.wasm", guestBytes("hello")], ...files]];
    return await engine.loadImage(
      await writeOciLayout(join(folder, name), layers, ["/hello.wasm"]),
    );
  };
  const files = Array.from({ length: FILES }, (_, i) => [
    `srv/part-${i % 10}/group-${i % 400}/file-${i}.txt`,
    Buffer.from(`contents of file ${i}`),
  ]);
  const large = await image("large", files);
  const small = await image("small", []);
  const { root } = engine;
  const samples = await takeTurns(
    [large, small].map(({ digest }) => ({
      name: digest,
      sample: () => askProgram("snapshot", [root, digest]),
    })),
    PROCESSES,
  );
  const figure = (name, { digest } = large) =>
    median(samples.get(digest).map((figures) => figures[name]));
  const target = (question, value, limit) =>
    line({
      question,
      unit: "ms",
      ours: value,
      rivals: [],
      ratio: value / limit,
      atMost: 1,
      target: `≤ ${limit} ms`,
    });
  await report([
    target("opening a snapshot of 20,000 files, in a fresh process", figure("tree"), 20),
    line({
      question: "the first container on it, by createContainer in a fresh process",
      unit: "ms",
      ours: figure("first"),
      rivals: [{ name: "on an image of one file", value: figure("first", small) }],
    }),
    target("a second container on it", figure("second"), 0.2),
  ]);
});
