import fc from "fast-check";
import { expect, test } from "vitest";
import { EINVAL } from "../../src/fs/errno.js";
import { MAX_OFFSET, toPosition } from "../../src/wasi/file-offset.js";

const EDGES = [0n, 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 52n + 1n, 2n ** 53n - 1n];

test("an offset is its number, as far as files go", () => {
  for (const offset of EDGES) expect(toPosition(offset)).toBe(Math.min(Number(offset), MAX_OFFSET));
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }), (offset) => {
      expect(toPosition(offset)).toBe(Math.min(Number(offset), MAX_OFFSET));
    }),
  );
});

test("an offset past 2^63 is none", () => {
  for (const offset of [-1n, -(2n ** 32n), -(2n ** 32n) + 1n, -(2n ** 63n)])
    expect(toPosition(offset)).toBe(-EINVAL);
});
