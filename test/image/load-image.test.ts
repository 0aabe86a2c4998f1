import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ImageStore } from "../../src/image/image-store.js";
import { resolveEntry } from "../../src/image/resolve-entry.js";
import { listing, temporaryRoot } from "../content/store-fixture.js";
import { addImage, Blobs, COMPONENT, CORE, HELLO, writeLayout } from "./image-fixture.js";

describe("a module", () => {
  test("from bytes", async () => {
    await using root = await temporaryRoot();
    const store = await ImageStore.open(root.path);
    const record = await store.load(CORE, { reference: "local/hello" });
    expect(record).toMatchObject({
      reference: "docker.io/local/hello:latest",
      format: "wasm-file",
      platform: { os: "wasi", architecture: "wasm" },
      config: { Entrypoint: ["/main.wasm"] },
      modules: [{ path: "/main.wasm", kind: "core", size: 8 }],
    });
    expect(await store.get("local/hello")).toEqual(record);
    const { module, args } = await resolveEntry(await store.openImage(record));
    expect(module).toMatchObject({ offset: 0, length: 8, name: "/main.wasm", kind: "core" });
    expect(module.file).toBe(store.content.path(record.layers[0]?.digest ?? "sha256:"));
    expect(args).toEqual(["/main.wasm"]);
  });

  test("from a file, named as it is; twice the same image", async () => {
    await using root = await temporaryRoot();
    const store = await ImageStore.open(join(root.path, "store"));
    const path = join(root.path, "greet.wasm");
    await writeFile(path, COMPONENT);
    const first = await store.load(path);
    const second = await store.load(path);
    expect(first.config.Entrypoint).toEqual(["/greet.wasm"]);
    expect(first.modules).toEqual([{ path: "/greet.wasm", kind: "component", size: 8 }]);
    expect(second.digest).toBe(first.digest);
    expect(await store.list()).toHaveLength(1);
    const odd = join(root.path, "a name?.wasm");
    await writeFile(odd, COMPONENT);
    expect((await store.load(odd)).config.Entrypoint).toEqual(["/main.wasm"]);
  });
});

describe("a layout folder", () => {
  test("with one image", async () => {
    await using root = await temporaryRoot();
    const folder = join(root.path, "layout");
    const blobs = new Blobs();
    const manifest = addImage(blobs, HELLO);
    await writeLayout(folder, blobs, [manifest]);
    const store = await ImageStore.open(join(root.path, "store"));
    const record = await store.load(folder);
    expect(record).toMatchObject({ digest: manifest.digest, format: "image" });
    expect(record).not.toHaveProperty("reference");
    expect(await store.get(manifest.digest)).toEqual(record);
  });

  test("with several: by tag, by platform, or an error that names them", async () => {
    await using root = await temporaryRoot();
    const folder = join(root.path, "layout");
    const blobs = new Blobs();
    const one = addImage(blobs, HELLO);
    const two = addImage(blobs, { ...HELLO, config: {} });
    const named = (name: string) => ({
      annotations: { "org.opencontainers.image.ref.name": name },
    });
    const tagged = [
      { ...one, ...named("1") },
      { ...two, ...named("2") },
    ];
    await writeLayout(folder, blobs, tagged);
    const store = await ImageStore.open(join(root.path, "store"));
    expect((await store.load(folder, { tag: "2" })).digest).toBe(two.digest);
    const ambiguous = store.load(folder);
    await expect(ambiguous).rejects.toMatchObject({ code: "ERR_SOURCE_UNSUPPORTED" });
    await expect(ambiguous).rejects.toThrow("several images: 1, 2");
    await expect(store.load(folder, { tag: "3" })).rejects.toThrow('no image "3"');

    await writeLayout(folder, blobs, [
      { ...one, platform: { os: "linux", architecture: "arm64" } },
      { ...two, platform: { os: "wasip1", architecture: "wasm" } },
    ]);
    expect((await store.load(folder)).digest).toBe(two.digest);
    expect((await store.load(folder, { platform: "linux/arm64" })).digest).toBe(one.digest);
  });
});

describe("anything else is refused and leaves nothing behind", () => {
  test.each<[string, (root: string) => Promise<string | Uint8Array>, string, RegExp]>([
    ["a missing file", async (root) => join(root, "none"), "ERR_SOURCE_UNSUPPORTED", /read/],
    ["an empty folder", async (root) => root, "ERR_SOURCE_UNSUPPORTED", /no OCI layout/],
    ["no bytes", async () => new Uint8Array(), "ERR_SOURCE_UNSUPPORTED", /an empty file/],
    [
      "an ELF binary",
      async () => Buffer.from("\x7fELF\x02\x01\x01\0"),
      "ERR_SOURCE_UNSUPPORTED",
      /ELF/,
    ],
    ["text", async () => Buffer.from("(module)"), "ERR_SOURCE_UNSUPPORTED", /text format/],
    [
      "another version",
      async () => Buffer.from([0, 0x61, 0x73, 0x6d, 2, 0, 0, 0]),
      "ERR_SOURCE_UNSUPPORTED",
      /unknown version/,
    ],
    [
      "a layout of another version",
      async (root) => {
        await mkdir(root, { recursive: true });
        await writeFile(join(root, "oci-layout"), '{"imageLayoutVersion":"2.0.0"}');
        return root;
      },
      "ERR_SOURCE_UNSUPPORTED",
      /version 1/,
    ],
    [
      "a layout without its blobs",
      async (root) => {
        const blobs = new Blobs();
        const manifest = addImage(blobs, HELLO);
        for (const [digest] of blobs.bytes) {
          if (digest !== manifest.digest) blobs.bytes.delete(digest);
        }
        await writeLayout(root, blobs, [manifest]);
        return root;
      },
      "ERR_BLOB_NOT_FOUND",
      /no blob/,
    ],
    [
      "a layout whose manifest was changed",
      async (root) => {
        const blobs = new Blobs();
        const manifest = addImage(blobs, HELLO);
        blobs.bytes.set(manifest.digest, Buffer.from("{}".padEnd(manifest.size)));
        await writeLayout(root, blobs, [manifest]);
        return root;
      },
      "ERR_DIGEST_MISMATCH",
      /not sha256/,
    ],
  ])("%s", async (_what, make, code, message) => {
    await using root = await temporaryRoot();
    const folder = join(root.path, "source");
    await mkdir(folder);
    const source = await make(folder);
    const store = await ImageStore.open(join(root.path, "store"));
    const before = await listing(join(root.path, "store"));
    const loaded = store.load(source);
    await expect(loaded).rejects.toMatchObject({ name: "SafedockError", code });
    await expect(loaded).rejects.toThrow(message);
    expect(await listing(join(root.path, "store"))).toEqual(before);
  });
});
