import { describe, expect, test } from "vitest";
import type { LayerEntry } from "../../src/layer/layer-entry.js";
import { chainIdOf } from "../../src/snapshot/chain-id.js";
import { flattenLayers } from "../../src/snapshot/flatten-layers.js";
import { sha256 } from "../layer/tar-fixture.js";
import { entriesOf } from "../tree/tree-of-entries.js";

const DIGEST = sha256("layer");

/** "f /a/b", "d /a", "l /x -> y", "h /x -> /y", "w /a", "o /a"; a file's offset is its number. */
function layer(...lines: string[]): LayerEntry[] {
  const types = {
    f: "file",
    d: "directory",
    l: "symlink",
    h: "hardlink",
    w: "whiteout",
    o: "opaque",
  };
  return lines.map((line, i): LayerEntry => {
    const [type = "f", path = "/", , link = ""] = line.split(" ");
    const known = types[type as keyof typeof types] as LayerEntry["type"];
    return { path, type: known, mode: 0o600 + i, size: 1, offset: i, mtime: BigInt(i), link };
  });
}

/** The flattened tree as lines, sorted: "f /a/b 0:1 [#inode]". */
async function flat(...layers: LayerEntry[][]): Promise<string[]> {
  const image = await flattenLayers(layers.map((entries) => ({ digest: DIGEST, entries })));
  return entriesOf(image.root)
    .map(({ path, type, blob, offset, link, inode }) => {
      if (type === "directory") return `d ${path}`;
      const shared = inode === 0 ? "" : ` #${inode}`;
      return type === "symlink"
        ? `l ${path} -> ${link}${shared}`
        : `f ${path} ${blob}:${offset}${shared}`;
    })
    .filter((line) => line !== "d /")
    .toSorted();
}

test("upper files replace lower ones; missing parents are made", async () => {
  expect(await flat(layer("f /a/x", "f /a/y"), layer("f /a/y", "f /b/z"))).toEqual([
    "d /a",
    "d /b",
    "f /a/x 0:0",
    "f /a/y 1:0",
    "f /b/z 1:1",
  ]);
});

test("of two entries with one path in a layer the later counts", async () => {
  expect(await flat(layer("f /a", "f /a"))).toEqual(["f /a 0:1"]);
});

describe("whiteouts", () => {
  test("hide files and whole folders of lower layers", async () => {
    const lower = layer("f /a/x", "f /a/y", "f /b/z");
    expect(await flat(lower, layer("w /a/x", "w /b"))).toEqual(["d /a", "f /a/y 0:1"]);
  });

  test("never hide what their own layer has, wherever they stand", async () => {
    const lower = layer("f /a/x", "f /a/y");
    const own = ["f /a 1:1"];
    expect(await flat(lower, layer("w /a", "f /a"))).toEqual(own);
    expect(await flat(lower, layer("f /b", "w /b", "w /a"))).toEqual(["f /b 1:0"]);
    expect(await flat(lower, layer("f /a/new", "o /a"))).toEqual(["d /a", "f /a/new 1:0"]);
  });

  test("of nothing do nothing", async () => {
    expect(await flat(layer("f /a", "w /b/c/d", "o /e", "w /a/b"))).toEqual(["f /a 0:0"]);
  });

  test("an opaque folder keeps itself and hides the rest", async () => {
    expect(await flat(layer("f /a/b/c", "f /k"), layer("o /a"))).toEqual(["d /a", "f /k 0:1"]);
    expect(await flat(layer("f /a/b/c", "f /k"), layer("o /"))).toEqual([]);
  });
});

describe("one kind over another", () => {
  test.each<[string, string[], string[], string[]]>([
    ["a file over a folder", ["f /a/x"], ["f /a"], ["f /a 1:0"]],
    ["a folder over a file", ["f /a"], ["d /a", "f /a/x"], ["d /a", "f /a/x 1:1"]],
    ["a link over a folder", ["f /a/x"], ["l /a -> b"], ["l /a -> b"]],
    ["a folder over a link", ["d /b", "l /a -> b"], ["d /a"], ["d /a", "d /b"]],
    ["a folder over a folder", ["d /a", "f /a/x"], ["d /a"], ["d /a", "f /a/x 0:1"]],
  ])("%s", async (_what, lower, upper, expected) => {
    expect(await flat(layer(...lower), layer(...upper))).toEqual(expected);
  });
});

describe("links", () => {
  test("hard links share, through chains and layers, and outlive their first name", async () => {
    const lower = layer("f /a", "h /b -> /a", "h /c -> /b");
    expect(await flat(lower)).toEqual(["f /a 0:0 #1", "f /b 0:0 #1", "f /c 0:0 #1"]);
    expect(await flat(lower, layer("w /a", "f /b", "h /d -> /c"))).toEqual([
      "f /b 1:1",
      "f /c 0:0 #1",
      "f /d 0:0 #1",
    ]);
  });

  test("a hard link to a symbolic link is one to the link itself", async () => {
    expect(await flat(layer("l /s -> nowhere", "h /t -> /s"))).toEqual([
      "l /s -> nowhere #1",
      "l /t -> nowhere #1",
    ]);
  });

  test("an entry behind a linked folder lands where the link leads, inside the image", async () => {
    const lower = layer("d /real", "l /up -> ../../real", "l /abs -> /real", "l /new -> made/here");
    expect(await flat(lower, layer("f /up/x", "f /abs/y", "f /new/z", "w /up/none"))).toEqual([
      "d /made",
      "d /made/here",
      "d /real",
      "f /made/here/z 1:2",
      "f /real/x 1:0",
      "f /real/y 1:1",
      "l /abs -> /real",
      "l /new -> made/here",
      "l /up -> ../../real",
    ]);
    expect(await flat(layer("f /real/x", "l /s -> real"), layer("w /s/x"))).toEqual([
      "d /real",
      "l /s -> real",
    ]);
  });

  test.each<[string, string[], RegExp]>([
    ["to nothing", ["h /a -> /b"], /hard link to nothing/],
    ["to what comes later", ["h /a -> /b", "f /b"], /hard link to nothing/],
    ["below nothing", ["h /a -> /b/c"], /hard link to nothing/],
    ["to a folder", ["d /b", "h /a -> /b"], /hard link to a directory/],
    ["to the root", ["h /a -> /"], /hard link to/],
    ["to itself", ["f /a", "h /a -> /a"], /to itself/],
    ["below a file", ["f /a", "f /a/b"], /no directory/],
    ["in a circle", ["l /a -> b", "l /b -> a", "f /a/x"], /too many symbolic links/],
    ["that grows", ["l /a -> a/a", "f /a/x"], /too many symbolic links/],
  ])("%s is refused", async (_what, lines, message) => {
    const refused = flat(layer(...lines));
    await expect(refused).rejects.toMatchObject({ code: "ERR_LAYER_INVALID" });
    await expect(refused).rejects.toThrow(message);
  });
});

test("modules are listed by path, as they are in the flattened image", async () => {
  const wasm = (path: string): LayerEntry => ({
    ...layer(`f ${path}`)[0],
    wasm: "core",
  });
  const image = await flattenLayers([
    { digest: DIGEST, entries: [wasm("/b"), wasm("/gone"), wasm("/a/x"), wasm("/plain")] },
    { digest: DIGEST, entries: layer("w /gone", "f /plain", "h /c -> /b") },
  ]);
  expect(image.modules.map(({ path }) => path)).toEqual(["/a/x", "/b", "/c"]);
});

test("names like __proto__ are names", async () => {
  expect(await flat(layer("f /__proto__/constructor"))).toEqual([
    "d /__proto__",
    "f /__proto__/constructor 0:0",
  ]);
});

test("ChainIDs are those of the specification", () => {
  const [a, b, c] = [sha256("a"), sha256("b"), sha256("c")];
  expect(chainIdOf([a])).toBe(a);
  expect(chainIdOf([a, b])).toBe(sha256(`${a} ${b}`));
  expect(chainIdOf([a, b, c])).toBe(sha256(`${sha256(`${a} ${b}`)} ${c}`));
  expect(chainIdOf([])).toBe(sha256(""));
});
