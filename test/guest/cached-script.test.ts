/** V8's code of the worker's own bundles, as the store keeps it. */
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isWhole } from "../../src/base/sealed-file.js";
import { isTrusted } from "../../src/base/trusted-file.js";
import { loadScript } from "../../src/guest/cached-script.js";

const HELLO = fileURLToPath(new URL("../guests/components/hello.wasm", import.meta.url));
const BUNDLE = new URL("../../dist/bundle/index.js", import.meta.url).href;

describe("loadScript", () => {
  let folder = "";
  let prepared = "";
  let bundle = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "safedock-script-"));
    prepared = join(folder, "prepared");
    bundle = join(folder, "bundle.cjs");
    await mkdir(prepared);
    await writeFile(bundle, `exports.sum = (a, b) => a + b + require("three"); // ä\n`);
  });
  afterEach(() => rm(folder, { recursive: true }));

  const load = (path = bundle, into: string | undefined = prepared): unknown => {
    const { sum } = loadScript(path, () => 3, into) as {
      readonly sum: (a: number, b: number) => number;
    };
    return sum(1, 2);
  };
  /** The only file that is kept. */
  const kept = async (): Promise<string> => {
    const files = await readdir(prepared, { recursive: true });
    expect(files).toHaveLength(2);
    return join(prepared, files.find((name) => /[/\\]/.test(name)) ?? "");
  };

  test("keeps the code, and uses it the next time", async () => {
    expect(load()).toBe(6);
    const path = await kept();
    const { ino, mtimeMs, mode } = await stat(path);
    expect(mode & 0o077).toBe(0);
    expect(load()).toBe(6);
    expect(await stat(await kept())).toMatchObject({ ino, mtimeMs });
  });

  test.each([
    ["cut short", (path: string) => truncate(path, 100)],
    ["empty", (path: string) => truncate(path, 0)],
    [
      "changed",
      async (path: string) => {
        const file = await readFile(path);
        file.writeUInt8(file.readUInt8(file.length - 9) ^ 1, file.length - 9);
        await writeFile(path, file);
      },
    ],
    ["larger than any code", (path: string) => truncate(path, 17 * 2 ** 20)],
    ["that others may write to", (path: string) => chmod(path, 0o666)],
  ])("makes a file anew that is %s", async (_, spoil) => {
    load();
    const path = await kept();
    await spoil(path);
    expect(load()).toBe(6);
    expect(await kept()).toBe(path);
    expect(await isWhole(await readFile(path))).toBe(true);
    expect((await stat(path)).mode & 0o077).toBe(0);
  });

  test("keeps the code of another bundle of the same name and length apart", async () => {
    expect(load()).toBe(6);
    await writeFile(bundle, `exports.sum = (a, b) => a * b * require("three"); // ä\n`);
    expect(load()).toBe(6);
    await writeFile(bundle, `exports.sum = (a, b) => a - b - require("three"); // ä\n`);
    expect(load()).toBe(-4);
    expect(await readdir(prepared)).toHaveLength(3);
  });

  test("works without a folder, and leaves none behind", async () => {
    expect(load(bundle, undefined)).toBe(6);
    expect(load(bundle, join(folder, "missing"))).toBe(6);
    expect(await readdir(folder)).toEqual(["bundle.cjs", "prepared"]);
  });
});

test("a file of another user, or that others may write to, is not trusted", () => {
  const own = process.getuid?.() ?? 0;
  expect(isTrusted({ uid: own, mode: 0o100600 })).toBe(true);
  expect(isTrusted({ uid: 0, mode: 0o100644 })).toBe(true);
  expect(isTrusted({ uid: own + 1, mode: 0o100600 })).toBe(false);
  expect(isTrusted({ uid: own, mode: 0o100660 })).toBe(false);
  expect(isTrusted({ uid: own, mode: 0o100602 })).toBe(false);
});

test("a store keeps the code of the workers; it is whole, and can be pruned", async () => {
  const folder = await mkdtemp(join(tmpdir(), "safedock-engine-"));
  // What is shipped: before it is bundled, the worker is many files.
  const { openEngine } = (await import(BUNDLE)) as typeof import("safedock");
  const engine = await openEngine({ root: join(folder, "store"), workers: 1 });
  try {
    const image = await engine.loadImage(HELLO, { reference: "test/hello:1" });
    const run = async (): Promise<string> => (await engine.run(image)).stdout.toString();
    const said = await run();
    const prepared = await readdir(join(folder, "store", "v1", "prepared"));
    // The worker's bundle, that of components, and the component.
    expect(prepared).toHaveLength(3);
    expect(await engine.verify()).toMatchObject({ ok: true, damaged: [] });
    await engine.prune();
    expect(await run()).toBe(said);
  } finally {
    await engine.close();
    await rm(folder, { recursive: true });
  }
});
