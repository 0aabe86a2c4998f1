import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ownProcess } from "../../src/content/process-identity.js";
import { openLayout, type LayoutFolder } from "../../src/layout/layout-folder.js";
import type { Descriptor } from "../../src/oci/descriptor.js";
import { OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST } from "../../src/oci/media-types.js";
import { readBlob } from "../../src/oci/verify-blob.js";
import { sha256 } from "../client/memory-repository.js";
import { rejectionOf } from "../support/thrown-by.js";

const execute = promisify(execFile);

let root: string;
let folder: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "safedock-layout-"));
  folder = join(root, "layout");
});
afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

async function put(layout: LayoutFolder, mediaType: string, text: string): Promise<Descriptor> {
  const bytes = Buffer.from(text);
  const blob = { mediaType, digest: sha256(bytes), size: bytes.byteLength };
  await layout.pushBlob(blob, bytes);
  return blob;
}

async function putImage(layout: LayoutFolder, text: string, name?: string, extra: object = {}) {
  const config = await put(layout, OCI_CONFIG, "{}");
  const layers = [await put(layout, OCI_LAYER, text)];
  return putDocument(layout, { mediaType: OCI_MANIFEST, config, layers, ...extra }, name);
}

async function putDocument(
  layout: LayoutFolder,
  content: { mediaType: string } & Record<string, unknown>,
  name?: string,
) {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, ...content }));
  return layout.pushManifest(name ?? sha256(bytes), { mediaType: content.mediaType, bytes });
}

async function indexJson(): Promise<{ manifests: Descriptor[]; [name: string]: unknown }> {
  return JSON.parse(await readFile(join(folder, "index.json"), "utf8")) as never;
}

describe("a layout folder", () => {
  it("gives back what was pushed, by tag and by digest", async () => {
    const layout = await openLayout(folder, { create: true });
    expect(JSON.parse(await readFile(join(folder, "oci-layout"), "utf8"))).toEqual({
      imageLayoutVersion: "1.0.0",
    });
    const image = await putImage(layout, "content", "1.0");
    const again = await openLayout(folder);
    expect(await again.resolve("1.0")).toMatchObject(image);
    expect(await again.resolve(image.digest)).toMatchObject(image);
    expect((await again.fetchManifest("1.0")).bytes.byteLength).toBe(image.size);
    expect(await again.listTags()).toEqual(["1.0"]);
    const layer = { digest: sha256(Buffer.from("content")), size: 7 };
    expect(await again.hasBlob(layer)).toBe(true);
    expect(Buffer.from(await readBlob(again, layer)).toString()).toBe("content");
    const { stream, size } = await again.fetchBlob(layer, { offset: 3 });
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect([size, Buffer.concat(chunks).toString()]).toEqual([4, "tent"]);
    expect(await again.pushBlob(layer, Buffer.from("content"))).toBe("existing");
  });

  it("is not made unless asked, and nothing else is taken for one", async () => {
    const error = { code: "ERR_SOURCE_UNSUPPORTED" };
    expect(await rejectionOf(openLayout(folder))).toMatchObject(error);
    await openLayout(folder, { create: true });
    for (const text of ["no JSON", "[]", '{"imageLayoutVersion":"2.0.0"}', "x".repeat(5000)]) {
      await writeFile(join(folder, "oci-layout"), text);
      expect(await rejectionOf(openLayout(folder))).toMatchObject(error);
    }
  });

  it("leaves nothing of a blob that is not the declared one", async () => {
    const layout = await openLayout(folder, { create: true });
    const blob = { digest: sha256(Buffer.from("right")), size: 5 };
    const streams = ["wrong", "righ", "right!"].map(
      (text) =>
        async function* () {
          yield await Promise.resolve(Buffer.from(text));
        },
    );
    const broken = async function* () {
      yield Buffer.from("ri");
      throw await Promise.resolve(new Error("the line broke"));
    };
    const codes: unknown[] = [];
    for (const stream of [...streams, broken]) {
      const error = await rejectionOf(layout.pushBlob(blob, stream));
      codes.push(error instanceof Error && "code" in error ? error.code : String(error));
    }
    expect(codes).toEqual([
      ...["ERR_DIGEST_MISMATCH", "ERR_SIZE_MISMATCH", "ERR_SIZE_MISMATCH"],
      "Error: the line broke",
    ]);
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    expect(await rejectionOf(layout.pushBlob(blob, Buffer.from("right"), { signal }))).toBe(reason);
    const hanging = async function* () {
      yield Buffer.from("ri");
      await new Promise(() => undefined);
    };
    const soon = AbortSignal.timeout(50);
    const hung = layout.pushBlob(blob, hanging, { signal: soon });
    expect(await rejectionOf(hung)).toBe(soon.reason);
    const files = await readdir(folder, { recursive: true, withFileTypes: true });
    expect(
      files
        .filter((file) => file.isFile())
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(["index.json", "oci-layout"]);
  });

  it("moves a tag, and keeps what it does not know", async () => {
    const layout = await openLayout(folder, { create: true });
    await putImage(layout, "one", "latest");
    await putImage(layout, "two", "other");
    const before = await indexJson();
    const foreign = { ...before.manifests[1], data: "e30=", "x-unknown": { a: [1] } };
    const text = JSON.stringify({
      ...before,
      "x-own": 1,
      manifests: [before.manifests[0], foreign],
    });
    await writeFile(join(folder, "index.json"), text);
    const moved = await putImage(layout, "three", "latest");
    const after = await indexJson();
    expect(after["x-own"]).toBe(1);
    expect(after.manifests).toEqual([
      foreign,
      { ...moved, annotations: { "org.opencontainers.image.ref.name": "latest" } },
    ]);
  });

  it("lists what was pushed by digest until an index names it", async () => {
    const layout = await openLayout(folder, { create: true });
    const image = await putImage(layout, "one");
    await putImage(layout, "one");
    expect((await indexJson()).manifests).toEqual([image]);
    const nested = await putDocument(layout, { mediaType: OCI_INDEX, manifests: [image] });
    expect((await indexJson()).manifests).toEqual([nested]);
    await putDocument(layout, { mediaType: OCI_INDEX, manifests: [nested] }, "root");
    expect((await indexJson()).manifests).toHaveLength(1);
    expect(await layout.listTags()).toEqual(["root"]);
    expect(await layout.resolve(image.digest)).toEqual(image);
  });

  it("takes no manifest before its parts", async () => {
    const layout = await openLayout(folder, { create: true });
    const absent = { mediaType: OCI_CONFIG, digest: sha256(Buffer.from("none")), size: 4 };
    for (const content of [
      { mediaType: OCI_MANIFEST, config: absent, layers: [] },
      { mediaType: OCI_INDEX, manifests: [{ ...absent, mediaType: OCI_MANIFEST }] },
    ]) {
      expect(await rejectionOf(putDocument(layout, content, "1"))).toMatchObject({
        code: "ERR_BLOB_NOT_FOUND",
      });
    }
    const bytes = Buffer.from("{}");
    for (const name of ["1", sha256(bytes)]) {
      const pushed = layout.pushManifest(name, { mediaType: OCI_MANIFEST, bytes });
      expect(await rejectionOf(pushed)).toMatchObject({ code: "ERR_MANIFEST_INVALID" });
    }
    expect((await indexJson()).manifests).toEqual([]);
  });

  it("lists referrers by their subject, and by their type", async () => {
    const layout = await openLayout(folder, { create: true });
    const subject = await putImage(layout, "one", "1");
    const artifactType = "application/vnd.example";
    const annotations = { made: "today" };
    const typed = await putImage(layout, "sbom", undefined, { subject, artifactType, annotations });
    const plain = await putImage(layout, "other", undefined, { subject });
    expect(await layout.listReferrers(subject.digest)).toEqual([
      { ...typed, artifactType, annotations },
      { ...plain, artifactType: OCI_CONFIG },
    ]);
    expect(await layout.listReferrers(subject.digest, { artifactType })).toHaveLength(1);
    expect(await layout.listReferrers(typed.digest)).toEqual([]);
  });

  it("deletes a tag, or a digest with all its tags", async () => {
    const layout = await openLayout(folder, { create: true });
    const image = await putImage(layout, "one", "a");
    for (const tag of ["b", "c"]) await putImage(layout, "one", tag);
    await layout.deleteManifest("b");
    expect(await layout.listTags()).toEqual(["a", "c"]);
    await layout.deleteManifest(image.digest);
    expect(await layout.listTags()).toEqual([]);
    for (const name of ["a", image.digest]) {
      expect(await rejectionOf(layout.deleteManifest(name))).toMatchObject({
        code: expect.stringMatching(/^ERR_(?:SOURCE_UNSUPPORTED|BLOB_NOT_FOUND)$/),
      });
    }
  });

  it("says what is missing or altered", async () => {
    const layout = await openLayout(folder, { create: true });
    const image = await putImage(layout, "one", "1");
    const layer = { digest: sha256(Buffer.from("one")), size: 3 };
    expect(await rejectionOf(layout.resolve("2"))).toMatchObject({
      code: "ERR_SOURCE_UNSUPPORTED",
    });
    const none = sha256(Buffer.from("none"));
    expect(await rejectionOf(layout.resolve(none))).toMatchObject({ code: "ERR_BLOB_NOT_FOUND" });
    const wrongSize = await rejectionOf(layout.fetchBlob({ ...layer, size: 4 }));
    expect(wrongSize).toMatchObject({ code: "ERR_SIZE_MISMATCH" });
    expect(await rejectionOf(layout.fetchBlob({ digest: none, size: 3 }))).toMatchObject({
      code: "ERR_BLOB_NOT_FOUND",
    });
    const path = join(folder, "blobs", "sha256", image.digest.slice(7));
    const bytes = await readFile(path);
    bytes[bytes.length - 1] = 0x20;
    await rm(path);
    await writeFile(path, bytes);
    expect(await rejectionOf(layout.resolve("1"))).toMatchObject({ code: "ERR_DIGEST_MISMATCH" });
  });

  it("loses no tag of two processes that push at the same time", async () => {
    const module = new URL("../../dist/client/index.js", import.meta.url).href;
    const program = join(root, "push.mjs");
    await writeFile(
      program,
      `import { createHash } from "node:crypto";
       import { openLayout } from ${JSON.stringify(module)};
       const sha256 = (bytes) => "sha256:" + createHash("sha256").update(bytes).digest("hex");
       const [folder, name] = process.argv.slice(2);
       const layout = await openLayout(folder, { create: true });
       const bytes = Buffer.from("{}");
       const config = { mediaType: ${JSON.stringify(OCI_CONFIG)}, digest: sha256(bytes), size: 2 };
       await layout.pushBlob(config, bytes);
       await Promise.all(Array.from({ length: 25 }, (_, i) => {
         const mediaType = ${JSON.stringify(OCI_MANIFEST)};
         const annotations = { name, i: String(i) };
         const content = { schemaVersion: 2, mediaType, config, layers: [], annotations };
         const manifest = { mediaType, bytes: Buffer.from(JSON.stringify(content)) };
         return layout.pushManifest(name + i, manifest);
       }));`,
    );
    const processes = ["a", "b", "c"].map((name) =>
      execute(process.execPath, [program, folder, name]),
    );
    await Promise.all(processes);
    const layout = await openLayout(folder);
    expect(await layout.listTags()).toHaveLength(75);
    expect((await readdir(folder)).toSorted()).toEqual(["blobs", "index.json", "oci-layout"]);
  });

  it("takes over the lock of a process that was killed, and waits for one that lives", async () => {
    const layout = await openLayout(folder, { create: true });
    const lock = join(folder, ".safedock-lock");
    const { domain, pid, start } = await ownProcess();
    await writeFile(lock, `${domain} 4194304 1 ${hostname()}`);
    await putImage(layout, "one", "1");
    await writeFile(lock, `${domain} ${pid} ${start} somebody`);
    const signal = AbortSignal.timeout(100);
    const held = layout.deleteManifest("1", { signal });
    expect(await rejectionOf(held)).toBe(signal.reason);
    await rm(lock);
    await layout.deleteManifest("1");
    expect(await layout.listTags()).toEqual([]);
  });
});
