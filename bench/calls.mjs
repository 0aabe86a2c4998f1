// container.call of a function (string) → string: how long one takes, and how many bytes go through a large one.
import { componentPath, withEngine } from "./guests.mjs";
import { line, report } from "./report.mjs";
import { median, percentile, takeTurns, timeEach } from "./statistics.mjs";

const ROUNDS = 10;
const WARM_UP = 3000;
const KIB = 1024;
const MIB = 1024 * KIB;

await withEngine(async (engine) => {
  const image = await engine.loadImage(componentPath("real/kinds"));
  const imports = {
    "acme:kinds/host": { log() {}, lookup: (name) => name, addAll: () => 0n },
    notify: () => true,
  };
  const container = await engine.createContainer(image, { imports });
  const echo = "acme:kinds/values#echo-string";
  const text = (bytes) => "x".repeat(bytes);
  for (let call = 0; call < WARM_UP; call++) await container.call(echo, text(KIB));

  async function times(count, bytes) {
    const given = text(bytes);
    return await timeEach(count, async () => {
      const answer = await container.call(echo, given);
      if (answer.length !== bytes) throw new Error("not what was given");
    });
  }
  const figures = await takeTurns(
    [
      { name: "one KiB", sample: () => times(2000, KIB) },
      { name: "one MiB", sample: () => times(20, MIB) },
      { name: "a number", sample: () => timeEach(2000, () => container.call("add", 1, 2)) },
    ],
    ROUNDS,
  );
  await container.remove();
  const of = (name) => median(figures.get(name));
  // Counted once, though the text goes there and back.
  const perSecond = MIB / 1e6 / (of("one MiB") / 1000);
  await report([
    line({
      question: "`container.call` of (string) → string, 1 KiB, p50",
      unit: "ms",
      ours: of("one KiB"),
      rivals: [
        { name: "p99", value: percentile(figures.get("one KiB"), 0.99) },
        { name: "(u32, u32) → u32", value: of("a number") },
      ],
      ratio: of("one KiB") / 0.06,
      atMost: 1,
      target: "≤ 60 µs",
    }),
    line({
      question: "the same, 1 MiB, MB of text in a second",
      unit: "MB",
      ours: perSecond,
      rivals: [],
      ratio: perSecond / 500,
      atLeast: 1,
      target: "≥ 500 MB/s",
    }),
  ]);
});
