import { expect, test } from "vitest";
import { compileError } from "../../src/guest/compile-error.js";

test.each([
  "opcode i32.add is not allowed in constant expressions @+26640",
  "invalid memory limits flags 0x4 (enable with --experimental-wasm-memory64) @+12",
])("%s: the hint is a newer Node", (problem) => {
  const error = compileError("/app.wasm", { type: "invalid", problem });
  expect(error).toMatchObject({ code: "ERR_MODULE_INVALID", data: { problem } });
  expect(error.hint).toMatch(/newer Node/);
});

test("what no V8 takes has another hint", () => {
  const error = compileError("/app.wasm", { type: "invalid", problem: "expected magic word" });
  expect(error.hint).not.toMatch(/newer Node/);
});
