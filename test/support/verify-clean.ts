import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { ImageStore } from "../../src/image/image-store.js";

/**
 * Asserts that a store is whole and that nothing unfinished lies in it: every file is what it must be, and
 * no temporary file and no lease is left. No container may be in use.
 */
export async function expectCleanStore(root: string): Promise<void> {
  const store = await ImageStore.open(root);
  const { damaged, ok } = await store.verify();
  expect(damaged).toEqual([]);
  expect(ok).toBe(true);
  for (const folder of ["temp", "leases", "collectors"]) {
    const left = await readdir(join(root, "v1", folder)).catch(() => []);
    expect(left, `left in ${folder}`).toEqual([]);
  }
}
