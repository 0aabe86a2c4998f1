import { expect, test } from "vitest";
import { MemoryFilesystem } from "../../src/fs/memory/memory-filesystem.js";
import type { DirectoryEntry } from "../../src/fs/node.js";
import { Location } from "../../src/fs/resolve.js";
import { OpenDirectory } from "../../src/wasi/preview1/descriptor.js";
import { HeldLists } from "../../src/wasi/held-lists.js";

const { root } = new MemoryFilesystem({ maxBytes: 0, maxFiles: 0, now: () => 0n, dev: 1n });
const directory = () => new OpenDirectory(new Location(root, true), undefined, "/");
const entries = (count: number): DirectoryEntry[] =>
  Array.from({ length: count }, (_, index) => ({ name: `${index}`, ino: 1n, type: 4 }));

test("the lists taken longest ago go first, the newest stays however long", () => {
  const lists = new HeldLists();
  const [first, second, third] = [directory(), directory(), directory()];
  lists.keep(first, entries(100_000));
  lists.keep(second, entries(100_000));
  expect([first.entries?.length, second.entries?.length]).toEqual([100_000, 100_000]);
  lists.keep(first, entries(90_000)); // read from the start again
  lists.keep(third, entries(100_000));
  expect(second.entries).toBeUndefined();
  expect([first.entries?.length, third.entries?.length]).toEqual([90_000, 100_000]);
  lists.keep(second, entries(400_000));
  expect([first.entries, third.entries]).toEqual([undefined, undefined]);
  expect(second.entries?.length).toBe(400_000);
});

test("lists of empty directories are not held for ever", () => {
  const lists = new HeldLists();
  const first = directory();
  lists.keep(first, []);
  for (let count = 0; count < 10_000; count++) lists.keep(directory(), []);
  expect(first.entries).toBeUndefined();
});
