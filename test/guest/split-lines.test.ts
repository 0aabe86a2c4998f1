import fc from "fast-check";
import { expect, test } from "vitest";
import { splitLines } from "../../src/guest/split-lines.js";

async function lines(chunks: readonly Buffer[], maxLineBytes = 1000): Promise<string[]> {
  const all: string[] = [];
  const source = async function* () {
    yield* chunks;
  };
  for await (const line of splitLines(source(), maxLineBytes)) all.push(line);
  return all;
}

test.each([
  ["", []],
  ["\n", [""]],
  ["a", ["a"]],
  ["a\n", ["a"]],
  ["a\r\nb\rc\n\n", ["a", "b\rc", ""]],
])("splits %j", async (text, expected) => {
  expect(await lines([Buffer.from(text)])).toEqual(expected);
});

test("replaces what is not UTF-8", async () => {
  expect(await lines([Buffer.from([0x61, 0xff, 0x0a, 0xc3])])).toEqual(["a\ufffd", "\ufffd"]);
});

test("does not depend on how the bytes come in", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom("a", "ü", "漢", "\u{1f600}", "\n", "\r\n"), { maxLength: 60 }),
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
      async (parts, sizes) => {
        const bytes = Buffer.from(parts.join(""));
        const chunks: Buffer[] = [];
        for (let at = 0, n = 0; at < bytes.length; n++) {
          const size = sizes[n % sizes.length] ?? 1;
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        expect(await lines(chunks)).toEqual(await lines([bytes]));
      },
    ),
  );
});

test("gives a long line in pieces, between characters", async () => {
  const text = "漢".repeat(100);
  const pieces = await lines([Buffer.from(text), Buffer.from("\nend")], 100);
  expect(pieces.slice(0, -1).join("")).toBe(text);
  expect(pieces.at(-1)).toBe("end");
  for (const piece of pieces) expect(Buffer.byteLength(piece)).toBeLessThanOrEqual(100);
});
