/** `engine.saveImage`: folders, archives and streams, and their way back. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Image, SaveFormat } from "safedock";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { guestBytes } from "../engine/guests.js";
import { openTestEngine, type TestEngine } from "../support/test-engine.js";

const run = promisify(execFile);

let it: TestEngine;
let hello: Image;
let other: Image;
let module: Image;
let files = 0;

beforeAll(async () => {
  it = await openTestEngine();
  const bytes = await guestBytes("hello");
  const build = (reference: string, motd: string, compression: "none" | "gzip") =>
    it.engine.buildImage({
      files: { "/bin/hello.wasm": bytes, "/etc/motd": motd },
      entrypoint: ["/bin/hello.wasm"],
      reference,
      compression,
    });
  hello = await build("acme/hello:1", "one", "gzip");
  other = await build("acme/other:1", "two", "none");
  module = await it.engine.loadImage(bytes, { reference: "acme/module:1" });
});

afterAll(() => it.close());

const newPath = (name: string) => join(it.folder, `${files++}-${name}`);

/** Loads everything that was saved into a store of its own. */
async function loadElsewhere(path: string): Promise<Image[]> {
  const elsewhere = await openTestEngine();
  try {
    const images = await elsewhere.engine.loadImages(path);
    for (const image of images) {
      const { stdout, code } = await elsewhere.engine.run(image);
      expect(code).toBe(0);
      expect(stdout.byteLength).toBeGreaterThan(0);
    }
    return images;
  } finally {
    await elsewhere.close();
  }
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

describe("saved and loaded again: the same digest", () => {
  test.each<[SaveFormat, string]>([
    ["oci-layout", "layout"],
    ["oci-archive", "images.tar"],
    ["oci-archive", "images.tar.gz"],
  ])("%s as %s", async (format, name) => {
    const path = newPath(name);
    const saved = await it.engine.saveImage([hello, other, module], path, { format });
    expect(saved.images.map(({ reference }) => reference)).toEqual([
      "docker.io/acme/hello:1",
      "docker.io/acme/other:1",
      "docker.io/acme/module:1",
    ]);
    const loaded = await loadElsewhere(path);
    const of = (images: readonly Image[]) =>
      images.map(({ reference, digest, format: kind }) => ({ reference, digest, kind }));
    // That it was a file is nothing an archive says.
    expect(of(loaded)).toEqual(
      of([hello, other, module]).map((image) =>
        image.kind === "wasm-file" ? { ...image, kind: "module-layers" } : image,
      ),
    );
  });

  test("docker-archive: the same config and files", async () => {
    const path = newPath("docker.tar");
    await it.engine.saveImage([hello, other], path, { format: "docker-archive" });
    const loaded = await loadElsewhere(path);
    expect(loaded.map(({ reference }) => reference)).toEqual([
      "docker.io/acme/hello:1",
      "docker.io/acme/other:1",
    ]);
    expect(loaded.map(({ config }) => config)).toEqual([hello.config, other.config]);
    // Saved uncompressed as it was built, it is the same image to the last byte.
    expect(loaded[1]?.digest).toBe(other.digest);
    const { stdout } = await run("tar", ["-tf", path]);
    expect(stdout.split("\n").filter((name) => name.endsWith(".tar"))).toHaveLength(2);
  });
});

test("the same images make the same bytes, whatever the target and the time", async () => {
  for (const format of ["oci-archive", "docker-archive"] as const) {
    const [one, two] = [newPath("one.tar"), newPath("two.tar")];
    await it.engine.saveImage([hello, other, hello], one, { format });
    await it.engine.saveImage(["acme/hello:1", "acme/other:1"], createWriteStream(two), { format });
    const web = new TransformStream<Uint8Array, Uint8Array>();
    const [read] = await Promise.all([
      new Response(web.readable).arrayBuffer(),
      it.engine.saveImage([hello, other], web.writable, { format }),
    ]);
    const expected = sha256(await readFile(one));
    expect(sha256(await readFile(two))).toBe(expected);
    expect(sha256(new Uint8Array(read))).toBe(expected);
  }
});

test("process.stdout of one process into process.stdin of another", async () => {
  const script = fileURLToPath(new URL("pipe.mjs", import.meta.url));
  const path = newPath("store");
  const save = `"$0" "$1" save "$2" acme/hello:1 | "$0" "$1" load "$3"`;
  const { stdout } = await run("sh", ["-c", save, process.execPath, script, it.engine.root, path]);
  const expected = Buffer.from((await it.engine.run(hello)).stdout).toString();
  expect(JSON.parse(stdout)).toEqual({ reference: "docker.io/acme/hello:1", stdout: expected });
});

test("a pipe stays a pipe", async () => {
  const path = newPath("pipe");
  await run("mkfifo", [path]);
  const [read] = await Promise.all([
    buffer(createReadStream(path)),
    it.engine.saveImage(hello, path),
  ]);
  expect((await stat(path)).isFIFO()).toBe(true);
  expect((await it.engine.loadImage(read)).digest).toBe(hello.digest);
});

test("two saves to one new folder at the same time: it has both", async () => {
  const folder = `${newPath("shared")}/`;
  await Promise.all([it.engine.saveImage(hello, folder), it.engine.saveImage(other, folder)]);
  const loaded = await it.engine.loadImages(folder);
  const digests = (images: readonly Image[]) => images.map(({ digest }) => digest).toSorted();
  expect(digests(loaded)).toEqual(digests([hello, other]));
});

test("to a folder images are added; a name that it has moves on", async () => {
  const folder = `${newPath("layout")}/`;
  await it.engine.saveImage(hello, folder);
  await it.engine.saveImage(other, folder);
  const names = async () => {
    const index = JSON.parse(await readFile(join(folder, "index.json"), "utf8")) as {
      manifests: { digest: string; annotations?: Record<string, string> }[];
    };
    return index.manifests.map(({ digest, annotations = {} }) => [
      digest,
      annotations["io.containerd.image.name"],
      annotations["org.opencontainers.image.ref.name"],
    ]);
  };
  // Both have the tag "1", which the first one got.
  expect(await names()).toEqual([
    [hello.digest, "docker.io/acme/hello:1", "1"],
    [other.digest, "docker.io/acme/other:1", "docker.io/acme/other:1"],
  ]);
  await it.engine.saveImage(other, folder, { reference: "acme/hello:1" });
  expect(await names()).toEqual([
    [other.digest, "docker.io/acme/other:1", "docker.io/acme/other:1"],
    [other.digest, "docker.io/acme/hello:1", "1"],
  ]);
  const found = await it.engine.loadImage(folder, { tag: "acme/hello:1", names: "ignore" });
  expect(found.digest).toBe(other.digest);
  expect((await readdir(join(folder, "blobs/sha256"))).filter((name) => name.length > 64)).toEqual(
    [],
  );
});

describe("a docker archive refuses what it cannot say", () => {
  test("an image of one module", async () => {
    const path = newPath("docker.tar");
    const saved = it.engine.saveImage([hello, module], path, { format: "docker-archive" });
    await expect(saved).rejects.toMatchObject({
      code: "ERR_MANIFEST_UNSUPPORTED",
      data: { mediaType: "application/wasm" },
    });
    expect(await readdir(it.folder)).not.toContain(path);
  });
});

describe("what fails leaves nothing", () => {
  const formats: SaveFormat[] = ["oci-layout", "oci-archive", "docker-archive"];

  test.each(formats)("aborted in the middle: %s", async (format) => {
    const folder = newPath("abort");
    await mkdir(folder);
    const target = join(folder, "saved");
    const controller = new AbortController();
    const reason = new Error("enough");
    const saved = it.engine.saveImage([hello, other], target, {
      format,
      signal: controller.signal,
      onProgress: () => controller.abort(reason),
    });
    await expect(saved).rejects.toBe(reason);
    const left = await readdir(folder, { recursive: true });
    expect(left.filter((name) => /index\.json|part/.test(name))).toEqual([]);
    if (format !== "oci-layout") expect(left).toEqual([]);
  });

  test("a stream whose reader goes away", async () => {
    const stream = new Writable({ write: (_chunk, _encoding, done) => done(new Error("gone")) });
    await expect(it.engine.saveImage(hello, stream)).rejects.toThrow("gone");
  });

  test("a stream is destroyed, so that a piece is not taken for the whole", async () => {
    const stream = new PassThrough();
    const controller = new AbortController();
    const saved = it.engine.saveImage([hello, other], stream, {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error("enough")),
    });
    const ends = await Promise.allSettled([saved, buffer(stream)]);
    expect(ends.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    await expect(saved).rejects.toThrow("enough");
  });

  test("a store that was damaged", async () => {
    await using damaged = await asDisposable(openTestEngine());
    const guest = await guestBytes("hello");
    const image = await damaged.engine.loadImage(guest);
    const path = join(damaged.engine.root, "v1/blobs/sha256", sha256(guest));
    const bytes = await readFile(path);
    bytes[bytes.byteLength - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await chmod(path, 0o644);
    await writeFile(path, bytes);
    const target = join(damaged.folder, "saved.tar");
    for (const format of ["oci-archive", "oci-layout"] as const) {
      const saved = damaged.engine.saveImage(image, target, { format });
      await expect(saved).rejects.toMatchObject({ code: "ERR_STORE_INVALID" });
    }
  });

  test.each<[string, () => Promise<unknown>, RegExp]>([
    ["no images", () => it.engine.saveImage([], newPath("x")), /one at least/],
    [
      "one name for two",
      () => it.engine.saveImage([hello, other], newPath("x"), { reference: "a" }),
      /names one image/,
    ],
    [
      "a format that is none",
      () => it.engine.saveImage(hello, newPath("x"), { format: "zip" as SaveFormat }),
      /format: must be one of/,
    ],
    [
      "a stream for a folder",
      () => it.engine.saveImage(hello, new PassThrough(), { format: "oci-layout" }),
      /path of a folder/,
    ],
    [
      "a folder that is missing",
      () => it.engine.saveImage(hello, join(it.folder, "none/saved.tar")),
      /cannot be written \(ENOENT\)/,
    ],
    [
      "a folder in the archive's place",
      () => it.engine.saveImage(hello, it.folder, { format: "oci-archive" }),
      /cannot be written \(E/,
    ],
  ])("%s", async (_what, save, message) => {
    const before = await readdir(it.folder);
    const saved = save();
    await expect(saved).rejects.toMatchObject({ code: "ERR_OPTIONS_INVALID" });
    await expect(saved).rejects.toThrow(message);
    expect(await readdir(it.folder)).toEqual(before);
  });
});

async function asDisposable(opening: Promise<TestEngine>): Promise<TestEngine & AsyncDisposable> {
  const opened = await opening;
  return { ...opened, [Symbol.asyncDispose]: () => opened.close() };
}
