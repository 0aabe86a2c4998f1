/** Components that are kept in the store as they were taken apart: found, damaged, shared, and removed. */
import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { deserialize, serialize } from "node:v8";
import { openEngine } from "safedock";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { SEAL_BYTES, sealOf } from "../../src/base/sealed-file.js";
import { decodePrepared } from "../../src/component/prepared-file.js";

const GREET = fileURLToPath(new URL("../guests/components/greet.wasm", import.meta.url));
const HELLO = fileURLToPath(new URL("../guests/components/hello.wasm", import.meta.url));
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

let folder = "";
let store = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "safedock-cache-"));
  store = join(folder, "store");
});
afterEach(() => rm(folder, { recursive: true }));

/** Calls the component in an engine of its own, which knows nothing but the store. */
async function greeting(): Promise<unknown> {
  await using engine = await openEngine({ root: store });
  await using container = await engine.createContainer(await engine.loadImage(GREET));
  return await container.call("greet", "Ada");
}

async function prepare(source: string): Promise<void> {
  await using engine = await openEngine({ root: store });
  await engine.loadImage(source, { prepare: true });
}

/** Paths of what is prepared. */
async function preparedFiles(): Promise<string[]> {
  const names = await readdir(store, { recursive: true, withFileTypes: true });
  return names
    .filter((entry) => entry.isFile() && /[\\/]prepared[\\/]/.test(`${entry.parentPath}/`))
    .map((entry) => join(entry.parentPath, entry.name));
}

async function onlyFile(): Promise<string> {
  const files = await preparedFiles();
  expect(files).toHaveLength(1);
  return files[0] ?? "";
}

function headOf(file: Buffer) {
  const end = SEAL_BYTES + 4 + file.readUInt32LE(SEAL_BYTES);
  const head = deserialize(file.subarray(SEAL_BYTES + 4, end)) as {
    readonly key: string;
    readonly codeCacheTag: number;
  };
  return { head, end };
}

const keyOf = (file: Buffer): string => headOf(file).head.key;

const inodeOf = async (path: string): Promise<number> => (await stat(path)).ino;

describe("what is prepared", () => {
  test("with loadImage { prepare: true } lies in the store and is not made again", async () => {
    await prepare(GREET);
    const path = await onlyFile();
    const made = await inodeOf(path);
    expect(await greeting()).toBe("Hello, Ada!");
    expect(await inodeOf(await onlyFile())).toBe(made);
  });

  test("with the first call is the same, byte for byte apart from V8's own part", async () => {
    expect(await greeting()).toBe("Hello, Ada!");
    const path = await onlyFile();
    const made = await inodeOf(path);
    await prepare(GREET);
    expect(await inodeOf(await onlyFile())).toBe(made);
  });

  test("goes with the last image that needs it", async () => {
    await using engine = await openEngine({ root: store });
    const name = { reference: "acme/greet:1", prepare: true };
    const greet = await engine.loadImage(GREET, name);
    await engine.loadImage(HELLO, { prepare: true });
    expect(await preparedFiles()).toHaveLength(2);
    const used = await engine.images.usage();
    const { images } = await engine.prune();
    expect(images).toHaveLength(1);
    expect(await preparedFiles()).toHaveLength(1);
    // A component takes some kilobytes; what was made of it, some hundred.
    expect(used.diskBytes - (await engine.images.usage()).diskBytes).toBeGreaterThan(100_000);
    await engine.images.remove(greet.digest, { force: true });
    expect(await preparedFiles()).toEqual([]);
  });
});

describe("what is damaged is made again:", () => {
  let whole = "";
  beforeAll(async () => {
    whole = await mkdtemp(join(tmpdir(), "safedock-whole-"));
    await using engine = await openEngine({ root: whole });
    await engine.loadImage(GREET, { prepare: true });
  });
  afterAll(() => rm(whole, { recursive: true }));

  const damages: Readonly<Record<string, (file: Buffer) => Buffer>> = {
    "an empty file": () => Buffer.alloc(0),
    "half of a file": (file) => file.subarray(0, file.length >> 1),
    "one bit": (file) => {
      file[file.length - 9] = (file[file.length - 9] ?? 0) ^ 1;
      return file;
    },
    "its script, by somebody who does not renew the digest": (file) => {
      file.write("/*", file.indexOf("instantiate"));
      return file;
    },
    "its length, far too large": (file) => {
      file.writeUInt32LE(0xffff_fff0, SEAL_BYTES);
      return Buffer.concat([sealOf([file.subarray(SEAL_BYTES)]), file.subarray(SEAL_BYTES)]);
    },
    "its head, by another V8": (file) => {
      file[SEAL_BYTES + 5] = 0xff;
      return Buffer.concat([sealOf([file.subarray(SEAL_BYTES)]), file.subarray(SEAL_BYTES)]);
    },
  };
  test.each(Object.keys(damages))("%s", async (name) => {
    await cp(whole, store, { recursive: true });
    const path = await onlyFile();
    const file = await readFile(path);
    await writeFile(path, damages[name]?.(Buffer.from(file)) ?? "");
    expect(await greeting()).toBe("Hello, Ada!");
    expect(await decodePrepared(await readFile(path), keyOf(file))).toBeDefined();
  });

  test("another component in its place", async () => {
    await prepare(GREET);
    const path = await onlyFile();
    const other = join(folder, "other");
    await using engine = await openEngine({ root: other });
    await engine.loadImage(HELLO, { prepare: true });
    const names = await readdir(other, { recursive: true, withFileTypes: true });
    const entry = names.find((each) => each.isFile() && each.parentPath.includes("/prepared/"));
    await cp(join(entry?.parentPath ?? "", entry?.name ?? ""), path);
    expect(await greeting()).toBe("Hello, Ada!");
  });
});

describe("what others have made", () => {
  test("with another version of the transpiler or of the format is left beside it, four at most", async () => {
    await prepare(GREET);
    const path = await onlyFile();
    const beside = join(path, "..");
    await writeFile(join(beside, "0".repeat(64)), "another version's");
    expect(await greeting()).toBe("Hello, Ada!");
    expect(await readdir(beside)).toHaveLength(2);
    for (const digit of "1234567") await writeFile(join(beside, digit.repeat(64)), "older");
    await rm(path);
    expect(await greeting()).toBe("Hello, Ada!");
    const left = await readdir(beside);
    expect(left).toHaveLength(4);
    expect(left).toContain(path.slice(beside.length + 1));
  });

  test("with another Node is used without V8's part of it", async () => {
    await prepare(GREET);
    const file = await readFile(await onlyFile());
    const { head, end } = headOf(file);
    const here = await decodePrepared(file, head.key);
    expect(here?.codeCache?.length).toBeGreaterThan(1_000);
    const other = serialize({ ...head, codeCacheTag: head.codeCacheTag + 1 });
    const length = Buffer.alloc(4);
    length.writeUInt32LE(other.length);
    const parts = [length, other, file.subarray(end)];
    const moved = Buffer.concat([sealOf(parts), ...parts]);
    const there = await decodePrepared(moved, head.key);
    expect(there).toMatchObject({ script: here?.script, codeCache: undefined });
    expect(await decodePrepared(moved, `${head.key}x`)).toBeUndefined();
    await writeFile(await onlyFile(), moved);
    expect(await greeting()).toBe("Hello, Ada!");
  });

  test("two processes at the same time make one file of it, and both go on", async () => {
    const script = `
      const { openEngine } = await import(process.argv[1]);
      const engine = await openEngine({ root: process.argv[2] });
      const container = await engine.createContainer(await engine.loadImage(process.argv[3]));
      console.log(await container.call("greet", String(process.pid)));
      await engine.close();
    `;
    const library = join(ROOT, "dist/index.js");
    const args = ["--input-type=module", "-e", script, library, store, GREET];
    const run = promisify(execFile);
    const both = await Promise.all([1, 2].map(() => run(process.execPath, args)));
    for (const { stdout, stderr } of both) {
      expect(stderr).toBe("");
      expect(stdout).toMatch(/^Hello, \d+!\n$/);
    }
    await onlyFile();
  });
});
