import { expect, test } from "vitest";
import { shellLine, shellWords } from "../../src/image/shell-words.js";

test.each([
  ["/hello.wasm", ["/hello.wasm"]],
  ["  exec /hello.wasm  --name   Ada ", ["/hello.wasm", "--name", "Ada"]],
  [`run 'a b' "c d" e'f'"g" ''`, ["run", "a b", "c d", "efg", ""]],
])("the words of %s", (line, words) => {
  expect(shellWords(line)).toEqual(words);
});

test.each([
  "",
  "exec",
  "a $HOME",
  "a > b",
  "a; b",
  "a | b",
  "`a`",
  "*.wasm",
  "'open",
  'a "b',
  "''",
])("a shell is needed for %s", (line) => {
  expect(shellWords(line)).toBeUndefined();
});

test("a long line takes no time", () => {
  const start = performance.now();
  expect(shellWords(" a'".repeat(40_001))).toBeUndefined();
  expect(shellWords("a ".repeat(60_000))).toHaveLength(60_000);
  expect(performance.now() - start).toBeLessThan(1000);
});

test("only a shell's own flag and one line are shell form", () => {
  expect(shellLine(["/bin/sh", "-c", "x"])).toBe("x");
  for (const words of [["/bin/sh", "x"], ["/bin/sh", "-c"], ["/sh.wasm", "-c", "x"], []]) {
    expect(shellLine(words)).toBeUndefined();
  }
});
