import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isSafedockError } from "../../src/base/errors.js";
import { encodeTree } from "../../src/tree/encode-tree.js";
import { HEADER_CHECKSUM, treeChecksum } from "../../src/tree/tree-layout.js";
import { Tree, TREE_DIRECTORY, TREE_FILE, TREE_SYMLINK } from "../../src/tree/tree.js";
import { treeOf, type TreeEntry } from "./tree-of-entries.js";

function entry(path: string, fields: Partial<TreeEntry> = {}): TreeEntry {
  return {
    path,
    type: "file",
    mode: 0o644,
    size: 0,
    mtime: 0n,
    blob: 0,
    offset: 0,
    link: "",
    inode: 0,
    ...fields,
  };
}

const directory = (path: string) => entry(path, { type: "directory", mode: 0o755 });
const link = (path: string, target: string) => entry(path, { type: "symlink", link: target });

function open(entries: TreeEntry[]): Tree {
  return new Tree(encodeTree(treeOf(entries)), "/store/tree");
}

function names(tree: Tree, record: number): string[] {
  const first = tree.firstChild(record);
  return Array.from({ length: tree.childCount(record) }, (_, at) => tree.name(first + at));
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isSafedockError(error)) return error.code;
    throw error;
  }
  return "no error";
}

describe("a tree", () => {
  test("gives back what was encoded", () => {
    const tree = open([
      directory("/bin"),
      entry("/bin/hello.wasm", {
        mode: 0o755,
        size: 12,
        mtime: -5n,
        blob: 3,
        offset: 2 ** 40 + 512,
      }),
      link("/latest", "bin/hello.wasm"),
    ]);
    const file = tree.lookup(tree.lookup(0, "bin"), "hello.wasm");
    expect(tree.type(file)).toBe(TREE_FILE);
    expect(tree.mode(file)).toBe(0o755);
    expect(tree.size(file)).toBe(12);
    expect(tree.mtime(file)).toBe(-5n);
    expect(tree.blob(file)).toBe(3);
    expect(tree.blobCount).toBe(4);
    expect(tree.offset(file)).toBe(2 ** 40 + 512);
    expect(tree.path(file)).toBe("/bin/hello.wasm");
    expect(tree.type(tree.lookup(0, "latest"))).toBe(TREE_SYMLINK);
    expect(tree.link(tree.lookup(0, "latest"))).toBe("bin/hello.wasm");
    expect(tree.size(tree.lookup(0, "latest"))).toBe(14);
    expect(tree.lookup(0, "none")).toBe(-1);
    expect(tree.lookup(file, "below a file")).toBe(-1);
  });

  test("makes missing parents and the root", () => {
    const tree = open([entry("/a/b/c")]);
    expect(tree.count).toBe(4);
    expect(tree.type(tree.resolve("/a/b"))).toBe(TREE_DIRECTORY);
    expect(tree.mode(0)).toBe(0o755);
    expect(tree.path(0)).toBe("/");
    expect(open([]).count).toBe(1);
  });

  test("keeps hard links together and counts names", () => {
    const tree = open([
      entry("/a", { inode: 7 }),
      entry("/d/b", { inode: 7 }),
      entry("/c", { inode: 8 }),
      directory("/d/e"),
    ]);
    const a = tree.resolve("/a");
    const b = tree.resolve("/d/b");
    const c = tree.resolve("/c");
    expect(tree.inode(a)).toBe(tree.inode(b));
    expect(tree.inode(a)).not.toBe(tree.inode(c));
    expect([a, b, c, 0, tree.resolve("/d")].map((record) => tree.nlink(record))).toEqual([
      2, 2, 1, 3, 3,
    ]);
  });

  test("sorts children by the bytes of their names and finds every one", () => {
    const all = ["b", "a", "\u{1F600}", "\uFFFD", "é", "a.b", "ab", "__proto__", "~"];
    const tree = open(all.map((name) => entry(`/${name}`)));
    expect(names(tree, 0)).toEqual(
      all.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    );
    for (const name of all) expect(tree.name(tree.lookup(0, name))).toBe(name);
    for (const name of ["a.", "aa", "", "\u{1F601}", "è"]) expect(tree.lookup(0, name)).toBe(-1);
  });

  test("resolves links inside the root", () => {
    const tree = open([
      entry("/usr/bin/x"),
      link("/bin", "usr/bin"),
      link("/usr/up", "../../../bin"),
      link("/abs", "/usr/up/x"),
      link("/loop", "loop2"),
      link("/loop2", "/loop"),
      link("/grow", "grow/x"),
      link("/empty", ""),
    ]);
    const file = tree.resolve("/usr/bin/x");
    expect(file).toBeGreaterThan(0);
    for (const path of [
      "bin/x",
      "/bin/./x",
      "/usr/up/x",
      "/abs",
      "//bin//x",
      "/../../bin/x",
      "/usr/../bin/x",
    ])
      expect([path, tree.resolve(path)]).toEqual([path, file]);
    expect(tree.resolve("/")).toBe(0);
    expect(tree.type(tree.resolve("/abs", false))).toBe(TREE_SYMLINK);
    expect(tree.resolve("/bin/")).toBe(tree.resolve("/usr/bin"));
    for (const path of [
      "/loop",
      "/grow",
      "/empty",
      "/none",
      "/bin/x/",
      "/bin/x/..",
      "/bin/x/y",
      "/bin/none/..",
    ])
      expect([path, tree.resolve(path)]).toEqual([path, -1]);
  });

  test("reads shared and unaligned memory alike", () => {
    const bytes = encodeTree(treeOf([entry("/é"), entry("/b", { mtime: 9n })]));
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
    shared.set(bytes);
    const odd = new Uint8Array(bytes.length + 3).subarray(3);
    odd.set(bytes);
    for (const copy of [shared, odd]) {
      const tree = new Tree(copy, "x");
      expect(names(tree, 0)).toEqual(["b", "é"]);
      expect(tree.mtime(tree.lookup(0, "b"))).toBe(9n);
    }
  });

  test("refuses what has no place in a tree", () => {
    const bad = [
      [entry("/a//b")],
      [entry("/a/../b")],
      [entry("/.")],
      [entry("/a\0b")],
      [entry("/a/")],
      [entry("/big", { size: 2 ** 53 })],
      [entry("/big", { size: -1 })],
      [entry("/\ud800"), entry("/\ud801")],
    ];
    for (const entries of bad)
      expect(codeOf(() => encodeTree(treeOf(entries)))).toBe("ERR_STORE_INVALID");
  });
});

describe("a damaged tree", () => {
  const good = encodeTree(
    treeOf([
      entry("/a/b/c", { size: 5 }),
      link("/l", "a/b"),
      entry("/a/d"),
      entry("/z", { inode: 3 }),
    ]),
  );

  test("is refused after any change of a byte", () => {
    for (let at = 0; at < good.length; at++) {
      const bad = good.slice();
      bad[at] = bad[at] ^ 0x41;
      expect([at, codeOf(() => new Tree(bad, "/t"))]).toEqual([at, "ERR_STORE_INVALID"]);
    }
  });

  test("is refused at any shorter or greater length", () => {
    for (let length = 0; length < good.length; length++)
      expect(codeOf(() => new Tree(good.slice(0, length), "/t"))).toBe("ERR_STORE_INVALID");
    const longer = new Uint8Array(good.length + 8);
    longer.set(good);
    expect(codeOf(() => new Tree(longer, "/t"))).toBe("ERR_STORE_INVALID");
  });

  test("never leads out of bounds or in circles, even with a right checksum", () => {
    let opened = 0;
    let unsound = 0;
    const change = fc.record({
      at: fc.nat(good.length / 4 - 17),
      value: fc.oneof(fc.nat(20), fc.nat(2 ** 32 - 1)),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const bad = good.slice();
        const words = new Uint32Array(bad.buffer);
        for (const { at, value } of changes) words[16 + at] = value;
        words[HEADER_CHECKSUM] = treeChecksum(words);
        let tree: Tree;
        try {
          tree = new Tree(bad, "/t");
        } catch (error) {
          return isSafedockError(error, "ERR_STORE_INVALID");
        }
        opened++;
        const walk = [0];
        const seen = new Set<number>();
        for (let record = walk.pop(); record !== undefined; record = walk.pop()) {
          if (seen.has(record) || record >= tree.count) return false;
          seen.add(record);
          const parent = tree.parent(record);
          if (record > 0 && parent >= record) return false;
          // -1 is right for a name that is no UTF-8.
          const found = record === 0 ? -1 : tree.lookup(parent, tree.name(record));
          if (found !== -1 && tree.parent(found) !== parent) return false;
          if (tree.type(record) === TREE_SYMLINK) tree.link(record);
          if (tree.type(record) === TREE_FILE && tree.blob(record) >= tree.blobCount) return false;
          if (!Number.isSafeInteger(tree.size(record) + tree.offset(record))) return false;
          tree.resolve(tree.path(record));
          if (tree.type(record) !== TREE_DIRECTORY) continue;
          const children = tree.childCount(record);
          if (children === 0) unsound++;
          for (let i = 0; i < children; i++) walk.push(tree.firstChild(record) + i);
        }
        return true;
      }),
      { numRuns: 2000 },
    );
    expect(opened).toBeGreaterThan(0);
    // The good tree has no empty directory: here are those whose entries were found out of place.
    expect(unsound).toBeGreaterThan(0);
  });
});

test("encoding and lookup agree for any names", () => {
  const name = fc
    .string({ unit: "grapheme", minLength: 1, maxLength: 5 })
    .filter((text) => !/[/\0]/.test(text) && text !== "." && text !== "..");
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(name, name), { selector: (pair) => pair.join("/") }),
      (pairs) => {
        const tree = open(pairs.map(([a, b], at) => entry(`/${a}/${b}`, { size: at })));
        for (const [at, [a, b]] of pairs.entries()) {
          const record = tree.lookup(tree.lookup(0, a), b);
          expect(tree.size(record)).toBe(at);
          expect(tree.path(record)).toBe(`/${a}/${b}`);
        }
      },
    ),
  );
});
