import { describe, expect, it } from "vitest";
import { copy } from "../../src/client/copy.js";
import { OCI_LAYER } from "../../src/oci/media-types.js";
import { rejectionOf } from "../support/thrown-by.js";
import { MemoryRepository, sha256 } from "./memory-repository.js";

describe("copy", () => {
  it("pushes blobs first, then manifests from the leaves up, and the tag last", async () => {
    const source = new MemoryRepository();
    const images = [source.image(["a", "shared"]), source.image(["b", "shared"])];
    const inner = source.index(images);
    const root = source.index([inner]);
    source.tags.set("1.0", root.digest);
    const target = new MemoryRepository();
    const result = await copy(source, "1.0", target);
    expect(result).toMatchObject({
      descriptor: root,
      blobs: { pushed: 4, mounted: 0, existing: 0 },
      manifests: { pushed: 4, mounted: 0, existing: 0 },
      pushedBytes: 1 + 1 + 6 + '{"layers":2}'.length,
    });
    const order = target.calls.filter((call) => !call.startsWith("fetch"));
    expect(order.slice(0, 4).every((call) => call.startsWith("blob"))).toBe(true);
    expect(order.slice(4, 6).toSorted()).toEqual(
      images.map(({ digest }) => `manifest ${digest}`).toSorted(),
    );
    expect(order.slice(6)).toEqual([
      `manifest ${inner.digest}`,
      `manifest ${root.digest}`,
      "manifest 1.0",
    ]);
    expect(target.blobs).toEqual(source.blobs);
    expect(target.manifests).toEqual(source.manifests);
  });

  it("skips what is there", async () => {
    const source = new MemoryRepository();
    source.tags.set("1", source.image(["a", "b"]).digest);
    const target = new MemoryRepository();
    target.add(OCI_LAYER, Buffer.from("a"));
    expect((await copy(source, "1", target)).blobs).toMatchObject({ existing: 1, pushed: 2 });
    const again = await copy(source, "1", target, "2");
    expect(again).toMatchObject({
      blobs: { existing: 3, pushed: 0 },
      manifests: { existing: 1, pushed: 0 },
      pushedBytes: 0,
    });
    expect(target.tags.get("2")).toBe(again.descriptor.digest);
  });

  it("copies one platform alone", async () => {
    const source = new MemoryRepository();
    const wasm = source.image(["wasm"]);
    const other = source.image(["other"]);
    const root = source.index([
      { ...other, platform: { os: "linux", architecture: "amd64" } },
      { ...wasm, platform: { os: "wasi", architecture: "wasm" } },
    ]);
    source.tags.set("1", root.digest);
    const target = new MemoryRepository();
    const { descriptor } = await copy(source, "1", target, "wasm", { platform: "wasi/wasm" });
    expect(descriptor).toEqual(wasm);
    expect([...target.manifests.keys()]).toEqual([wasm.digest]);
    const error = await rejectionOf(copy(source, "1", target, "x", { platform: "linux/arm64" }));
    expect(error).toMatchObject({ code: "ERR_PLATFORM_NOT_FOUND" });
  });

  it("brings referrers along when asked, with theirs", async () => {
    const source = new MemoryRepository();
    const image = source.image(["a"]);
    source.tags.set("1", image.digest);
    const sbom = source.image(["bill of materials"], { subject: image });
    const signature = source.image(["signature of the bill"], { subject: sbom });
    source.referrers.set(image.digest, [sbom]);
    source.referrers.set(sbom.digest, [signature]);
    const without = new MemoryRepository();
    await copy(source, "1", without);
    expect([...without.manifests.keys()]).toEqual([image.digest]);
    const target = new MemoryRepository();
    await copy(source, "1", target, "1", { referrers: true });
    expect(target.calls.filter((call) => call.startsWith("manifest"))).toEqual([
      ...[image, sbom, signature].map(({ digest }) => `manifest ${digest}`),
      "manifest 1",
    ]);
  });

  it.each([1, 3, 8])("opens at most %i blobs at once", async (concurrency) => {
    const source = new MemoryRepository();
    const layers = Array.from({ length: 20 }, (_, i) => `layer ${i}`);
    source.tags.set("1", source.image(layers).digest);
    await copy(source, "1", new MemoryRepository(), "1", { concurrency });
    expect(source.mostOpen).toBe(concurrency);
  });

  it("verifies blobs and manifests on the way, and leaves the tag alone", async () => {
    for (const what of ["blob", "size", "manifest"] as const) {
      const source = new MemoryRepository();
      const image = source.image(["honest"]);
      const root = source.index([image]);
      source.tags.set("1", root.digest);
      const wrong = Buffer.from(what === "size" ? "honest, and more" : "forged");
      if (what === "manifest") {
        const found = source.manifests.get(image.digest);
        const bytes = Buffer.from(found?.bytes ?? []);
        bytes[bytes.length - 2] = 0x20;
        source.manifests.set(image.digest, { descriptor: image, bytes });
      } else source.blobs.set(sha256(Buffer.from("honest")), wrong);
      const target = new MemoryRepository();
      expect(await rejectionOf(copy(source, "1", target))).toMatchObject({
        code: what === "size" ? "ERR_SIZE_MISMATCH" : "ERR_DIGEST_MISMATCH",
      });
      expect([target.tags.size, target.manifests.size]).toEqual([0, 0]);
    }
  });

  it("copies the blobs that an index names, and leaves foreign layers where they are", async () => {
    const source = new MemoryRepository();
    const cache = source.add("application/vnd.buildkit.cacheconfig.v0", Buffer.from("{}"));
    const foreign = {
      mediaType: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
      digest: sha256(Buffer.from("elsewhere")),
      size: 9,
    };
    const config = source.add("application/x", Buffer.from("c"));
    const mediaType = "application/vnd.oci.image.manifest.v1+json";
    const image = source.document({ mediaType, config, layers: [foreign] });
    source.tags.set("1", source.index([cache, image]).digest);
    const target = new MemoryRepository();
    await copy(source, "1", target);
    expect(target.blobs).toEqual(source.blobs);
  });

  it("refuses a graph that is too deep, too wide or too large, before anything is pushed", async () => {
    const deep = new MemoryRepository();
    let root = deep.image(["x"]);
    for (let i = 0; i < 10; i++) root = deep.index([root]);
    const wide = new MemoryRepository();
    const leaf = (i: number) => wide.index([], { annotations: { i: String(i) } });
    const halves = [0, 1, 2].map((half) =>
      wide.index(Array.from({ length: 1000 }, (_, i) => leaf(half * 1000 + i))),
    );
    const large = new MemoryRepository();
    const padding = "x".repeat(200 * 1024);
    const annotations = Object.fromEntries(
      Array.from({ length: 18 }, (_, i) => [`a${i}`, padding]),
    );
    const giants = Array.from({ length: 20 }, (_, i) =>
      large.index([], { annotations: { ...annotations, i: String(i) } }),
    );
    const many = new MemoryRepository();
    const images = Array.from({ length: 20 }, (_, i) =>
      many.image(Array.from({ length: 1000 }, (__, j) => `${i} ${j}`)),
    );
    for (const [source, descriptor, message] of [
      [deep, root, /more than 8 others/],
      [wide, wide.index(halves), /more than 2048 manifests/],
      [large, large.index(giants), /bytes together/],
      [many, many.index(images), /more than 16384 blobs/],
    ] as const) {
      const target = new MemoryRepository();
      const error = await rejectionOf(copy(source, descriptor.digest, target));
      expect(error).toMatchObject({
        code: "ERR_MANIFEST_INVALID",
        message: expect.stringMatching(message),
      });
      expect([target.blobs.size, target.manifests.size]).toEqual([0, 0]);
    }
  });

  it("visits each digest once, also where referrers lie about each other", async () => {
    const source = new MemoryRepository();
    const image = source.image(["a"]);
    const sbom = source.image(["b"], { subject: image });
    source.referrers.set(image.digest, [sbom, sbom, image]);
    source.referrers.set(sbom.digest, [image, sbom]);
    const target = new MemoryRepository();
    const { manifests } = await copy(source, image.digest, target, "1", { referrers: true });
    expect(manifests.pushed).toBe(2);
    expect(source.calls.filter((call) => call === `fetch ${sbom.digest}`)).toHaveLength(1);
  });

  it("ends at an abort with its reason, the tag untouched", async () => {
    const source = new MemoryRepository();
    source.tags.set("1", source.image(["a", "b", "c"]).digest);
    const reason = new Error("enough");
    expect(
      await rejectionOf(
        copy(source, "1", new MemoryRepository(), "1", { signal: AbortSignal.abort(reason) }),
      ),
    ).toBe(reason);
    const target = new MemoryRepository();
    const controller = new AbortController();
    const options = {
      signal: controller.signal,
      concurrency: 1,
      onProgress: () => controller.abort(reason),
    };
    expect(await rejectionOf(copy(source, "1", target, "1", options))).toBe(reason);
    expect([target.tags.size, target.manifests.size]).toEqual([0, 0]);
  });

  it("reports each blob and manifest once it is there", async () => {
    const source = new MemoryRepository();
    const image = source.image(["a", "b"]);
    source.tags.set("1", image.digest);
    const done: string[] = [];
    await copy(source, "1", new MemoryRepository(), "1", {
      onProgress: ({ descriptor, outcome, bytes }) => {
        if (outcome !== undefined) done.push(`${descriptor.digest} ${outcome} ${bytes}`);
      },
    });
    expect(done).toHaveLength(4);
    expect(done.at(-1)).toBe(`${image.digest} pushed ${image.size}`);
  });

  it("refuses options and names that make no sense", async () => {
    const source = new MemoryRepository();
    const { digest } = source.image(["a"]);
    for (const concurrency of [0, 17, 1.5]) {
      const copied = copy(source, digest, new MemoryRepository(), "1", { concurrency });
      expect(await rejectionOf(copied)).toMatchObject({ code: "ERR_OPTIONS_INVALID" });
    }
    const other = sha256(Buffer.from("other"));
    expect(await rejectionOf(copy(source, digest, new MemoryRepository(), other))).toMatchObject({
      code: "ERR_DIGEST_MISMATCH",
    });
  });
});
